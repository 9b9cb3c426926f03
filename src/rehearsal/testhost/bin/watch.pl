#!/usr/bin/perl
# Plays the running kernel's part: whoever wrote a pool size finds, when next looking, what the kernel could give.
# fanotify lets us answer before the next open of these files ends, so a read after a write is never too early.
# Also counts renames, writes and removals in the watched folders.
use strict;
use warnings;
use lib '/usr/lib/testhost/lib';
use BootMemory qw(resize_pool shown_pages);
use KernelFiles qw(read_file read_pools read_used used_text write_pools);
use MappedPages qw(mapped_pages in_turn);
use TestHost qw(model count STAGE);

my %numbers = (
  x86_64 => { fanotify_init => 300, fanotify_mark => 301, inotify_init1 => 294, inotify_add_watch => 254 },
  aarch64 => { fanotify_init => 262, fanotify_mark => 263, inotify_init1 => 26, inotify_add_watch => 27 },
);
chomp(my $machine = `uname -m`);
my $call = $numbers{$machine} or die "no system call numbers for $machine\n";

use constant { FAN_CLOSE_WRITE => 0x8, FAN_OPEN_PERM => 0x10000, FAN_ALLOW => 1, FAN_MARK_ADD_MOUNT => 0x11 };
use constant { IN_CLOSE_WRITE => 0x8, IN_MOVED_TO => 0x80, IN_DELETE => 0x200 };
use constant COVERED => qw(/sys/kernel/mm /sys/devices/system/node /proc/sys/vm/nr_hugepages /proc/meminfo);
use constant WATCHED => qw(/etc/default /etc/default/grub.d /etc/systemd/system /boot/grub);
use constant MODEL_FOLDER => '/etc';

my ($kernel, $guard) = (watch_pools());
my ($renames, %folders) = watch_folders();
obey_model();
system('systemd-notify', '--ready');

while (1) {
  my $ready = '';
  vec($ready, fileno($_), 1) = 1 for grep { defined } $kernel, $renames;
  my $found = select($ready, undef, undef, defined $kernel ? undef : 0.02);
  settle_pools() unless defined $kernel;
  next unless $found > 0;
  answer_opens() if defined $kernel && vec($ready, fileno($kernel), 1);
  count_renames() if vec($ready, fileno($renames), 1);
}

sub watch_pools {
  # 5: close on exec, and permission to hold an open until we answer.
  my $number = syscall($call->{fanotify_init}, 5, 0);
  if ($number < 0) { print "fanotify: $!; settling by looking 50 times a second\n"; return undef }
  open my $handle, '+<&=', $number or die "fanotify: $!\n";
  for my $path (COVERED) {
    my $text = $path;
    next if syscall($call->{fanotify_mark}, $number, FAN_MARK_ADD_MOUNT, FAN_CLOSE_WRITE | FAN_OPEN_PERM, -100, $text) == 0;
    print "fanotify on $path: $!\n";
  }
  return $handle;
}

sub answer_opens {
  sysread($kernel, my $events, 65536) or return;
  while (length $events >= 24) {
    my ($length, undef, undef, undef, $mask, $file, $process) = unpack 'LCCSQll', $events;
    substr($events, 0, $length) = '';
    # Ours too go through the stage, never through a covered path: an own open could not be answered.
    settle_pools() if $mask & (FAN_CLOSE_WRITE | FAN_OPEN_PERM);
    syswrite($kernel, pack 'lL', $file, FAN_ALLOW) if $mask & FAN_OPEN_PERM;
    require POSIX;
    POSIX::close($file) if $file >= 0;
  }
}

# Compares every pool file with what was last shown: a difference is a wish. Pages of processes that ended come back.
sub settle_pools {
  in_turn(STAGE, sub {
    my ($pools, $before, $used) = (read_pools(STAGE), read_used(STAGE), mapped_pages(STAGE));
    my $default = 0 + read_file(STAGE . '/default_kib');
    my $wished = used_text($used) ne used_text($before);
    for my $kib (keys %$pools) {
      my @each = @{ shown_pages($pools, $before, $kib) };
      my $total = 0;
      $total += $_ for @each;
      for my $path (STAGE . "/mm/hugepages/hugepages-${kib}kB/nr_hugepages", $kib == $default ? STAGE . '/vm/nr_hugepages' : ()) {
        my $wish = wish($path, $total) // next;
        ($pools->{$kib}, $wished) = (resize_pool(model(), $pools, $kib, undef, $wish, $used), 1);
      }
      for my $node (0 .. $#each) {
        my $wish = wish(STAGE . "/node/node$node/hugepages/hugepages-${kib}kB/nr_hugepages", $each[$node]) // next;
        ($pools->{$kib}, $wished) = (resize_pool(model(), $pools, $kib, $node, $wish, $used), 1);
      }
    }
    write_pools(STAGE, model(), $pools, $used) if $wished;
  });
}

sub wish {
  my ($path, $settled) = @_;
  my ($number) = (read_file($path) // '') =~ /^\s*(\d+)\s*$/;
  return defined $number && $number != $settled ? $number : undef;
}

sub watch_folders {
  my $number = syscall($call->{inotify_init1}, 0);
  open my $handle, '<&=', $number or die "inotify: $!\n";
  my %folder_of;
  for my $folder (WATCHED, MODEL_FOLDER) {
    my $text = $folder;
    my $watch = syscall($call->{inotify_add_watch}, $number, $text, IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE);
    $folder_of{$watch} = $folder if $watch >= 0;
  }
  return ($handle, %folder_of);
}

sub count_renames {
  sysread($renames, my $events, 65536) or return;
  while (length $events >= 16) {
    my ($watch, $mask, undef, $length) = unpack 'lLLL', $events;
    my $name = unpack 'Z*', substr $events, 16, $length;
    substr($events, 0, 16 + $length) = '';
    my $path = ($folders{$watch} // next) . "/$name";
    obey_model() if $path eq '/etc/runbook-testhost.json';
    next if $folders{$watch} eq MODEL_FOLDER;
    my $act = $mask & IN_MOVED_TO ? 'renamed' : $mask & IN_DELETE ? 'removed' : 'written';
    count('files', { path => $path, act => $act });
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
  system('systemctl', 'daemon-reload');
}
