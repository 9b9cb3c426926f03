#!/usr/bin/perl
# Plays the running kernel's part: whoever wrote one of its files finds, when next looking, what the kernel made of it.
# fanotify lets us answer before the next open of these files ends, so a read after a write is never too early.
# Also counts renames, writes and removals in the watched folders.
use strict;
use warnings;
use lib '/usr/lib/testhost/lib';
use FileEvents qw(hold_opens next_opens allow watch_folders next_acts);
use RunningKernel qw(settle settle_pools);
use Stage qw(covered_paths staged_path);
use TestHost qw(model count);

use constant WATCHED => qw(/etc/default /etc/default/grub.d /etc/systemd/system /boot/grub);
use constant MODEL_FOLDER => '/etc';

# Programs that we start may open files whose opening waits for us: we never wait for them.
$SIG{CHLD} = 'IGNORE';

my $kernel = hold_opens(covered_paths());
my $acts = watch_folders(WATCHED, MODEL_FOLDER);
# What was written before anybody looked, such as by systemd-tmpfiles early at boot.
settle();
obey_model();
start('systemd-notify', '--ready');

while (1) {
  my $ready = '';
  vec($ready, fileno($_), 1) = 1 for grep { defined } $kernel, $acts->{handle};
  my $found = select($ready, undef, undef, defined $kernel ? undef : 0.02);
  settle() unless defined $kernel;
  next unless $found > 0;
  answer_opens() if defined $kernel && vec($ready, fileno($kernel), 1);
  count_acts() if vec($ready, fileno($acts->{handle}), 1);
}

# Ours too go through the stage, never through a covered path: an own open could not be answered.
sub answer_opens {
  for my $event (next_opens($kernel)) {
    my $path = staged_path($event->{path} // '');
    if ($event->{written} && defined $path) { settle($path, $event->{process}) }
    # Pages of processes that ended come back: whoever looks finds them.
    elsif (($path // 'meminfo') =~ /hugepages|meminfo/) { settle_pools() }
    allow($kernel, $event);
  }
}

sub count_acts {
  for my $act (next_acts($acts)) {
    my $path = "$act->{folder}/$act->{name}";
    obey_model() if $path eq '/etc/runbook-testhost.json';
    count('files', { path => $path, act => $act->{act} }) unless $act->{folder} eq MODEL_FOLDER;
  }
}

# A machine that ignores reboot requests, as with a hanging unit or an inhibitor.
sub obey_model {
  my $model = eval { model() } or return;
  my $mask = '/run/systemd/system/reboot.target';
  my $masked = -l $mask;
  my $ignored = $model->{rebootRequests} eq 'ignored';
  return if !!$masked == !!$ignored;
  if ($ignored) { mkdir '/run/systemd/system'; symlink '/dev/null', $mask } else { unlink $mask }
  start('systemctl', 'daemon-reload');
}

sub start {
  my @words = @_;
  my $child = fork // die "fork: $!\n";
  return if $child;
  exec { $words[0] } @words or POSIX::_exit(127);
}
