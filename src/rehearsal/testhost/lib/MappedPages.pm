package MappedPages;
# Memory that processes of the emulated machine have: one folder for each, which the emulated kernel takes away when the
# process is gone. Only the stand-in of QEMU takes any.
use strict;
use warnings;
use Fcntl ':flock';
use Exporter 'import';
our @EXPORT_OK = qw(mapped_pages map_pages in_turn born SMALL_KIB);

use constant SMALL_KIB => 4;

# { kib of a page => [pages per node] } over all processes that live; what is left of others is removed.
sub mapped_pages {
  my ($stage) = @_;
  my %sum;
  for my $folder (glob "$stage/processes/*") {
    my ($pid) = $folder =~ /(\d+)$/;
    open my $file, '<', "$folder/pages" or next;
    chomp(my ($begun, @lines) = <$file>);
    if ((born($pid) // '') ne $begun) { unlink glob "$folder/*"; rmdir $folder; next }
    for my $line (@lines) {
      my ($kib, @pages) = split ' ', $line;
      $sum{$kib}[$_] += $pages[$_] for 0 .. $#pages;
    }
  }
  return \%sum;
}

# Notes what this process has: pages of one size, on each node.
sub map_pages {
  my ($stage, $pid, $kib, @pages) = @_;
  mkdir "$stage/processes";
  mkdir "$stage/processes/$pid";
  open my $file, '>', "$stage/processes/$pid/pages.new" or die "pages: $!\n";
  print $file born($pid), "\n$kib @pages\n";
  close $file;
  rename "$stage/processes/$pid/pages.new", "$stage/processes/$pid/pages";
}

# Runs a piece of work while nobody else changes what memory there is.
sub in_turn {
  my ($stage, $work) = @_;
  open my $lock, '>>', "$stage/memory.lock" or die "memory.lock: $!\n";
  flock $lock, LOCK_EX;
  return $work->();
}

# When a process began, in clock ticks; undef where there is none such, or only its remains.
sub born {
  my ($pid) = @_;
  open my $file, '<', "/proc/$pid/stat" or return undef;
  my @fields = split ' ', (<$file> // return undef) =~ s/^.*\)//sr;
  return $fields[0] eq 'Z' ? undef : $fields[19];
}

1;
