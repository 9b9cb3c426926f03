package Processors;
# The processors of the emulated machine: how they belong together, how they save power, and what the command line takes
# out of the scheduler's hands. Pure: takes a command line and a model, gives files; touches nothing.
# Rules and texts are those of Linux 6.1: kernel/sched/isolation.c, drivers/base/cpu.c, drivers/cpufreq.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(processors cpu_list list_text);

my %GOVERNORS = (
  intel_pstate => ['powersave', 'performance powersave'],
  'acpi-cpufreq' => ['schedutil', 'conservative ondemand userspace powersave performance schedutil'],
);
# Name and microseconds to wake up, of a server processor.
my @IDLE = (['POLL', 0], ['C1', 2], ['C1E', 10], ['C6', 133]);

# model: { nodes => [...], cpus => { coresPerNode, threads }, cpufreq => 'intel_pstate' | 'acpi-cpufreq' | 'none' }
# Gives { files => { path below /sys/devices/system/cpu => text }, links => { path => target }, nodes => [{ file =>
# text } per node], messages => [...] }. As Linux does, first threads of all cores are numbered first, then their second ones.
sub processors {
  my ($cmdline, $model) = @_;
  my ($each, $threads) = @{ $model->{cpus} }{qw(coresPerNode threads)};
  my $cores = $each * @{ $model->{nodes} };
  my $all = [0 .. $cores * $threads - 1];
  my @nodes = map { my $node = $_; [grep { int(($_ % $cores) / $each) == $node } @$all] } 0 .. $#{ $model->{nodes} };
  my ($isolated, $tickless, @messages) = taken_out($cmdline, $all);
  my %files = (
    (map { $_ => list_text($all) } qw(online present possible)),
    offline => '', kernel_max => '8191', isolated => list_text($isolated),
    nohz_full => defined $tickless ? list_text($tickless) : '(null)',
    'smt/active' => $threads > 1 ? 1 : 0, 'smt/control' => $threads > 1 ? 'on' : 'notsupported',
  );
  my %links;
  for my $cpu (@$all) {
    my ($core, $node) = ($cpu % $cores, int(($cpu % $cores) / $each));
    my $siblings = [map { $core + $_ * $cores } 0 .. $threads - 1];
    my %topology = (core_id => $core % $each, physical_package_id => $node);
    for (['thread_siblings', $siblings], ['core_cpus', $siblings], ['core_siblings', $nodes[$node]], ['package_cpus', $nodes[$node]]) {
      $topology{ $_->[0] } = mask_text($_->[1], scalar @$all);
      $topology{"$_->[0]_list"} = list_text($_->[1]);
    }
    $files{"cpu$cpu/topology/$_"} = $topology{$_} for keys %topology;
    $files{"cpu$cpu/online"} = 1 if $cpu;
    # By these udev knows it as a processor.
    $files{"cpu$cpu/uevent"} = 'DRIVER=processor';
    $links{"cpu$cpu/subsystem"} = '../../../../bus/cpu';
    add_power(\%files, \%links, $cpu, $model->{cpufreq});
  }
  $files{'intel_pstate/status'} = 'active' if $model->{cpufreq} eq 'intel_pstate';
  return {
    files => { map { $_ => "$files{$_}\n" } keys %files }, links => \%links,
    nodes => [map { { cpulist => list_text($_) . "\n", cpumap => mask_text($_, scalar @$all) . "\n" } } @nodes], messages => \@messages,
  };
}

# A guest has neither a say in its clock nor idle states.
sub add_power {
  my ($files, $links, $cpu, $driver) = @_;
  return if $driver eq 'none';
  my ($governor, $offered) = @{ $GOVERNORS{$driver} // die "no cpufreq driver \"$driver\"\n" };
  my %policy = (
    scaling_driver => $driver, scaling_governor => $governor, scaling_available_governors => $offered,
    affected_cpus => $cpu, cpuinfo_min_freq => 800000, cpuinfo_max_freq => 3500000,
    scaling_min_freq => 800000, scaling_max_freq => 3500000,
  );
  $files->{"cpufreq/policy$cpu/$_"} = $policy{$_} for keys %policy;
  $links->{"cpu$cpu/cpufreq"} = "../cpufreq/policy$cpu";
  for my $state (0 .. $#IDLE) {
    my %idle = (name => $IDLE[$state][0], latency => $IDLE[$state][1], disable => 0);
    $files->{"cpu$cpu/cpuidle/state$state/$_"} = $idle{$_} for keys %idle;
  }
}

# The CPUs that isolcpus and nohz_full name, and what the kernel says against them. Tickless: undef without nohz_full.
sub taken_out {
  my ($cmdline, $all) = @_;
  my ($isolated, $tickless, @messages) = ([], undef);
  for my $word (split ' ', $cmdline) {
    last if $word eq '--';
    my ($key, $value) = $word =~ /^(isolcpus|nohz_full)=(.*)$/ or next;
    my $domain = 1;
    if ($key eq 'isolcpus') {
      ($domain, $value, my @said) = without_flags($value);
      push @messages, @said;
      next unless defined $value;
    }
    my $named = cpu_list($value);
    if (!$named) { push @messages, 'Housekeeping: nohz_full= or isolcpus= incorrect CPU range'; next }
    my %known = map { $_ => 1 } @$all;
    my @cpus = grep { $known{$_} } @$named;
    if (@cpus == @$all) {
      push @messages, 'Housekeeping: must include one present CPU, using boot CPU:0';
      @cpus = grep { $_ } @cpus;
    }
    if ($key eq 'nohz_full') { $tickless = \@cpus } elsif ($domain) { $isolated = \@cpus }
  }
  return ($isolated, $tickless, @messages);
}

# isolcpus=[flags,]list: does it take CPUs out of the domains, and the list; undef where the argument is ignored.
sub without_flags {
  my ($value) = @_;
  my (%flags, @said);
  while ($value =~ /^[a-zA-Z]/) {
    my ($flag, $rest) = $value =~ /^([^,]*),?(.*)$/;
    return (0, undef, @said, "isolcpus: Invalid flag $flag") if $flag =~ /[^a-zA-Z_]/;
    if ($flag =~ /^(nohz|domain|managed_irq)$/) { $flags{$flag} = 1 } else { push @said, "isolcpus: Skipped unknown flag $flag" }
    $value = $rest;
  }
  return (!%flags || $flags{domain}, $value, @said);
}

# '0-2,8' is [0, 1, 2, 8]; undef where it is no list.
sub cpu_list {
  my ($text) = @_;
  my %cpus;
  for my $part (split /,/, $text) {
    return undef unless $part =~ /^(\d+)(?:-(\d+))?$/ && (!defined $2 || $2 >= $1);
    $cpus{$_} = 1 for $1 .. $2 // $1;
  }
  return %cpus ? [sort { $a <=> $b } keys %cpus] : undef;
}

sub list_text {
  my ($cpus) = @_;
  my @ranges;
  for my $cpu (@$cpus) {
    if (@ranges && $cpu == $ranges[-1][1] + 1) { $ranges[-1][1] = $cpu } else { push @ranges, [$cpu, $cpu] }
  }
  return join ',', map { $_->[0] == $_->[1] ? $_->[0] : "$_->[0]-$_->[1]" } @ranges;
}

# As many hexadecimal digits as there are CPUs, the highest first, a comma before each eight.
sub mask_text {
  my ($cpus, $count) = @_;
  my %set = map { $_ => 1 } @$cpus;
  my $digits = join '', map { my $digit = $_; sprintf '%x', oct '0b' . join '', map { $set{ $digit * 4 + $_ } ? 1 : 0 } 3, 2, 1, 0 }
    reverse 0 .. int(($count - 1) / 4);
  1 while $digits =~ s/^([0-9a-f]+)([0-9a-f]{8})/$1,$2/;
  return $digits;
}

1;
