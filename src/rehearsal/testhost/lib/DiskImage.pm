package DiskImage;
# An image of a disk, as the stand-ins of libguestfs's programs read it: with qemu-img and sfdisk.
use strict;
use warnings;
use JSON::PP;
use Exporter 'import';
use TestHost qw(STAGE);
our @EXPORT_OK = qw(partitions_of virtual_bytes raw_copy);

my @copies;
END { unlink @copies }

# { number, bytes, type } of each partition; the type is empty in a table that is not of DOS.
sub partitions_of {
  my ($image, $format) = @_;
  my $raw = raw_copy($image, $format);
  my $table = eval { JSON::PP->new->decode(scalar `sfdisk --json $raw 2>/dev/null`)->{partitiontable} } // {};
  my $type = sub { ($table->{label} // '') eq 'dos' ? $_[0] : '' };
  return map { { number => $_->{node} =~ /(\d+)$/, bytes => $_->{size} * 512, type => $type->($_->{type}) } }
    @{ $table->{partitions} // [] };
}

sub virtual_bytes {
  my ($image, $format) = @_;
  return decode_json(scalar `qemu-img info -U --output=json -f $format -- '$image'`)->{'virtual-size'};
}

# The path of a sparse copy in memory that goes with this process.
sub raw_copy {
  my ($image, $format) = @_;
  my $raw = STAGE . "/disk-$$-" . @copies . '.raw1';
  push @copies, $raw;
  system("qemu-img convert -U -f $format -O raw -- '$image' $raw") == 0 or die "$image cannot be read\n";
  return $raw;
}

1;
