package Stage;
# Where the emulated kernel lies: a folder of ordinary files, laid over parts of /proc and /sys at boot.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(covers covered_paths staged_path);

# What is staged, and what it is laid over. Folders hide all that the machine has there.
my @COVERS = (
  ['proc/cmdline', '/proc/cmdline'], ['proc/meminfo', '/proc/meminfo'], ['proc/cpuinfo', '/proc/cpuinfo'],
  ['proc/swaps', '/proc/swaps'], ['proc/vmstat', '/proc/vmstat'],
  ['proc/boot_id', '/proc/sys/kernel/random/boot_id'],
  ['vm', '/proc/sys/vm'], ['mm', '/sys/kernel/mm'],
  ['node', '/sys/devices/system/node'], ['cpu', '/sys/devices/system/cpu'],
  ['bus-cpu', '/sys/bus/cpu/devices'],
  ['zswap', '/sys/module/zswap/parameters'],
  # tuned sets each disk of the machine that udev lists, and would find that it cannot.
  ['no-disks', '/sys/class/block'],
);
# Of these somebody may write, and the running kernel reacts.
my @REACTS = qw(vm mm node cpu zswap);

# Pairs of staged path and what it covers, as far as the machine has it.
sub covers { return grep { -e $_->[1] } @COVERS }

# Paths whose opening the running kernel must see.
sub covered_paths {
  my %reacts = map { $_ => 1 } @REACTS;
  return map { $_->[1] } grep { $reacts{ $_->[0] } || $_->[0] eq 'proc/meminfo' } covers();
}

# '/proc/sys/vm/swappiness' is staged as 'vm/swappiness'; undef for a path that does not react.
sub staged_path {
  my ($path) = @_;
  my ($from, $over) = map { @$_ } grep { my $over = $_->[1]; $path =~ m{^\Q$over\E/} } @COVERS;
  return defined $over ? $from . substr($path, length $over) : undef;
}

1;
