package Disks;
# The disks of the model beside the one that the host boots from, and what LVM has made of them. Kept over commands and
# reboots; nothing is written before the first change.
use strict;
use warnings;
use JSON::PP;
use BootMemory qw(bytes);
use KernelFiles qw(read_file write_file);
use TestHost qw(model KEPT);
use Exporter 'import';
our @EXPORT_OK = qw(load_disks save_disks groups_of signature_of);

use constant { STATE => KEPT . '/disks.json', LABEL => 1 << 20, EXTENT => 4 << 20 };

# { disks: { /dev/sdb: { bytes, holds?, member?, group? } }, volumes: { group: { name: bytes } } }
# holds: the kind of a foreign signature. member: it is a physical volume.
sub load_disks {
  my $kept = read_file(STATE);
  return JSON::PP->new->decode($kept) if defined $kept;
  my %disks = map { ($_->{device} => { bytes => bytes($_->{size}), holds => $_->{holds} }) } @{ model()->{disks} // [] };
  return { disks => \%disks, volumes => {} };
}

sub save_disks {
  my ($state) = @_;
  write_file(STATE . '.new', JSON::PP->new->canonical->pretty->encode($state));
  rename STATE . '.new', STATE or die STATE . ": $!\n";
}

# Group to what vgs says of it. LVM rounds down to extents, behind its label.
sub groups_of {
  my ($state) = @_;
  my %groups;
  for my $disk (grep { defined $_->{group} } values %{ $state->{disks} }) {
    my $group = $groups{ $disk->{group} } //= { size => 0, disks => 0, volumes => $state->{volumes}{ $disk->{group} } // {} };
    $group->{size} += EXTENT * int(($disk->{bytes} - LABEL) / EXTENT);
    $group->{disks} += 1;
  }
  for my $group (values %groups) {
    $group->{free} = $group->{size};
    $group->{free} -= $_ for values %{ $group->{volumes} };
  }
  return \%groups;
}

# What wipefs finds on a disk; undef: nothing.
sub signature_of {
  my ($disk) = @_;
  return $disk->{member} ? 'LVM2_member' : $disk->{holds};
}

1;
