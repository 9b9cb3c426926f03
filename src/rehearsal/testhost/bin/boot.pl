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
use KernelSettings qw(transparent_pages vm_settings);
use Processors qw(processors);
use RunningKernel qw(remember_settings);
use Stage qw(covers);
use Swaps qw(switch_on swaps_of_fstab write_swaps);
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
write_swaps(STAGE);
write_kernel_files(STAGE, $model, $memory, $cmdline, $boot_id,
  { meminfo => read_file('/proc/meminfo'), cpuinfo => read_file('/proc/cpuinfo') });
my @messages = ("Command line: $cmdline", @{ $memory->{messages} }, write_settings());
write_file(STAGE . '/dmesg', join '', map { sprintf "[%12.6f] %s\n", 0.02, $_ } @messages);
swap_by_fstab();
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

# Files that take values, with what a boot gives them. Gives the kernel's messages about its command line.
sub write_settings {
  my $cpus = processors($cmdline, $model);
  my ($pages, @said) = transparent_pages($cmdline, $model);
  my %files = (
    (map { ("cpu/$_" => $cpus->{files}{$_}) } keys %{ $cpus->{files} }),
    (map { my $node = $_; map { ("node/node$node/$_" => $cpus->{nodes}[$node]{$_}) } keys %{ $cpus->{nodes}[$node] } }
      0 .. $#{ $cpus->{nodes} }),
    (map { ("mm/transparent_hugepage/$_" => $pages->{$_}) } keys %$pages),
    'zswap/enabled' => ($model->{zswap} ? "Y\n" : "N\n"),
  );
  my ($kib) = read_file(STAGE . '/proc/meminfo') =~ /^MemTotal:\s*(\d+)/m;
  my %vm = (machine_vm(), %{ vm_settings($kib) });
  $files{"vm/$_"} = $vm{$_} for keys %vm;
  write_file(STAGE . "/$_", $files{$_}) for keys %files;
  remember_settings(keys %files);
  chmod 0200, map { STAGE . "/vm/$_" } qw(drop_caches compact_memory);
  symlink $cpus->{links}{$_}, STAGE . "/cpu/$_" for keys %{ $cpus->{links} };
  mkdir STAGE . '/bus-cpu';
  symlink "../../../devices/system/cpu/$_", STAGE . "/bus-cpu/$_" for map { m{^(cpu\d+)/uevent$} } keys %{ $cpus->{files} };
  # A kernel that has just booted has handed out no large page yet.
  write_file(STAGE . '/proc/vmstat', read_file('/proc/vmstat') =~ s/^((?:thp|compact|htlb)_\w+) \d+$/$1 0/mgr);
  mkdir STAGE . '/no-disks';
  return (@said, @{ $cpus->{messages} });
}

# Keys that the emulation says nothing about are the machine's, each of them a copy. Pools have files of their own.
sub machine_vm {
  my @readable = grep { !m{hugepages} && -f && (stat)[2] & 0400 } glob '/proc/sys/vm/*';
  return map { my $text = read_file($_); defined $text ? (m{([^/]+)$} => $text) : () } @readable;
}

# systemd makes units of such lines by itself, but not in a container.
sub swap_by_fstab {
  my %used = map { $_->{path} => $_->{used} } @{ $model->{swaps} };
  for my $swap (swaps_of_fstab('/etc/fstab')) {
    switch_on(STAGE, $model, $swap->{path}, priority => $swap->{priority}, used => $used{ $swap->{path} });
  }
}

sub cover { bind_over(STAGE . "/$_->[0]", $_->[1]) for covers() }

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
