#!/usr/bin/perl
# What firmware, boot loader and kernel do before PID 1 starts: reads the entry that boots by default, hands out memory
# by its options, and mounts ordinary files over the parts of /proc and /sys that tell of it.
# Exit 0: go on to systemd. Exit 3: this machine does not come up (the reason is on stderr and in the boot count).
use strict;
use warnings;
use lib '/usr/lib/testhost/lib';
use BootMemory qw(boot_memory);
use BootChoice qw(boot_choice);
use GrubEnvironment qw(read_environment set_environment);
use KernelFiles qw(write_file read_file write_kernel_files);
use TestHost qw(model count STAGE KEPT);

my $model = model();
chomp(my $boot_id = read_file('/proc/sys/kernel/random/uuid'));
my $cmdline = eval { chosen_cmdline() };
stay_down("GRUB: $@") unless defined $cmdline;

sleep($model->{bootDelay} // 0);
stay_down('the machine does not come back') if $model->{boot} eq 'never';

my $memory = boot_memory($cmdline, $model);
stay_down($memory->{panic}) if $memory->{panic};

system('mount', '-t', 'tmpfs', '-o', 'mode=755', 'testhost', STAGE) == 0 or die "cannot mount the stage\n" if mkdir STAGE;
write_kernel_files(STAGE, $model, $memory, $cmdline, $boot_id,
  { meminfo => read_file('/proc/meminfo'), cpuinfo => read_file('/proc/cpuinfo') });
write_file(STAGE . '/dmesg', join '', map { sprintf "[%12.6f] %s\n", 0.02, $_ } "Command line: $cmdline", @{ $memory->{messages} });
cover();
# Without this the machine's own default page size would show under /dev/hugepages.
my $size = $memory->{defaultKib} == 1048576 ? '1G' : '2M';
write_file('/run/systemd/system/dev-hugepages.mount.d/size.conf', "[Mount]\nOptions=pagesize=$size\n");
count('boots', { bootId => $boot_id, cmdline => $cmdline, up => JSON::PP::true });

# The first boot is remembered, for a machine that ignores what was written since.
sub chosen_cmdline {
  my $first = KEPT . '/first-cmdline';
  return read_file($first) if $model->{boot} eq 'first-entry' && -e $first;
  my $choice = boot_choice('');
  my $line = $choice->{cmdline};
  write_file($first, $line) unless -e $first;
  remember_boot($choice) if defined $choice->{environment};
  return $line;
}

# What GRUB itself writes into its environment on the way.
sub remember_boot {
  my ($choice) = @_;
  my $known = read_environment($choice->{environment});
  my @changes = $known->{next_entry} ? (next_entry => undef) : ();
  if ($choice->{resets}) {
    my $before = $known->{boot_indeterminate} // 0;
    push @changes, boot_success => 0, boot_indeterminate => ($known->{boot_success} // 0) == 1 ? 0 : $before == 1 ? 2 : $before;
  }
  set_environment($choice->{environment}, @changes) if @changes;
}

sub cover {
  my %over = (
    cmdline => '/proc/cmdline', meminfo => '/proc/meminfo', cpuinfo => '/proc/cpuinfo',
    boot_id => '/proc/sys/kernel/random/boot_id',
  );
  bind_over(STAGE . "/proc/$_", $over{$_}) for keys %over;
  for my $name (qw(nr_hugepages nr_hugepages_mempolicy nr_overcommit_hugepages)) {
    bind_over(STAGE . "/vm/$name", "/proc/sys/vm/$name") if -e "/proc/sys/vm/$name";
  }
  bind_over(STAGE . '/mm', '/sys/kernel/mm');
  bind_over(STAGE . '/node', '/sys/devices/system/node');
}

sub bind_over {
  my ($from, $to) = @_;
  system('mount', '--bind', $from, $to) == 0 or stay_down("cannot lay $from over $to");
}

sub stay_down {
  my ($reason) = @_;
  chomp $reason;
  print STDERR "testhost: $reason\n";
  count('boots', { bootId => $boot_id, cmdline => $cmdline, up => JSON::PP::false, reason => $reason });
  exit 3;
}
