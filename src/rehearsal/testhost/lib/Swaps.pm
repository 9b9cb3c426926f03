package Swaps;
# What the emulated kernel swaps to: /proc/swaps is its only memory. A boot begins with none.
use strict;
use warnings;
use BootMemory qw(bytes);
use KernelFiles qw(read_file write_file show_memory);
use MappedPages qw(in_turn);
use Exporter 'import';
our @EXPORT_OK = qw(read_swaps write_swaps switch_on switch_off swaps_of_fstab);

sub read_swaps {
  my ($stage) = @_;
  return map {
    /^(\S+)\s+(partition|file)\s+(\d+)\s+(\d+)\s+(-?\d+)$/
      ? { path => $1, kind => $2, kib => $3, used => $4, priority => $5 } : ()
  } split /\n/, read_file("$stage/proc/swaps") // '';
}

# As Linux prints them; the header is its own.
sub write_swaps {
  my ($stage, @swaps) = @_;
  write_file("$stage/proc/swaps", join '', "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
    map { sprintf "%-39s %s\t%d\t\t%d\t\t%d\n", $_->{path}, $_->{kind}, $_->{kib}, $_->{used}, $_->{priority} } @swaps);
}

# options: priority, and used, the size of what is swapped out at once. Gives what is wrong in the words of swapon; undef
# when it is on.
sub switch_on {
  my ($stage, $model, $path, %options) = @_;
  my @on = read_swaps($stage);
  my ($device) = grep { $_->{path} eq $path } @{ $model->{swaps} } or return "cannot open $path: No such file or directory";
  return "$path: swapon failed: Device or resource busy" if grep { $_->{path} eq $path } @on;
  my ($lowest) = sort { $a <=> $b } -1, map { $_->{priority} } @on;
  my $kind = $path =~ m{^/dev/} ? 'partition' : 'file';
  write_swaps($stage, @on, {
    path => $path, kind => $kind, kib => bytes($device->{size}) / 1024 - 4, used => bytes($options{used} // '0') / 1024,
    priority => $options{priority} // $lowest - 1,
  });
  in_turn($stage, sub { show_memory($stage, $model) });
  return undef;
}

# Gives the system's error, undef when it is off.
sub switch_off {
  my ($stage, $model, $path) = @_;
  my @on = read_swaps($stage);
  my $known = grep { $_->{path} eq $path } @{ $model->{swaps} };
  return $known ? 'Invalid argument' : 'No such file or directory' unless grep { $_->{path} eq $path } @on;
  write_swaps($stage, grep { $_->{path} ne $path } @on);
  in_turn($stage, sub { show_memory($stage, $model) });
  return undef;
}

# What a boot switches on: systemd does it by units that its generator makes of fstab, but not in a container.
sub swaps_of_fstab {
  my ($path) = @_;
  my @lines = map { [/^\s*([^#\s]\S*)\s+\S+\s+swap\s+(\S+)/] } split /\n/, read_file($path) // '';
  my @auto = grep { @$_ && $_->[1] !~ /\bnoauto\b/ } @lines;
  return map { my ($path, $options) = @$_; +{ path => $path, priority => $options =~ /\bpri=(\d+)/ ? $1 : undef } } @auto;
}

1;
