package FileEvents;
# fanotify and inotify by their system calls: Perl's core has no words for them.
use strict;
use warnings;
use POSIX ();
use Exporter 'import';
our @EXPORT_OK = qw(hold_opens next_opens allow watch_folders next_acts);

my %NUMBERS = (
  x86_64 => { fanotify_init => 300, fanotify_mark => 301, inotify_init1 => 294, inotify_add_watch => 254 },
  aarch64 => { fanotify_init => 262, fanotify_mark => 263, inotify_init1 => 26, inotify_add_watch => 27 },
);
my $machine = (POSIX::uname())[4];
my $call = $NUMBERS{$machine} or die "no system call numbers for $machine\n";

use constant { FAN_CLOSE_WRITE => 0x8, FAN_OPEN_PERM => 0x10000, FAN_ALLOW => 1, FAN_MARK_ADD_MOUNT => 0x11 };
use constant { IN_CLOSE_WRITE => 0x8, IN_MOVED_TO => 0x80, IN_DELETE => 0x200 };

# From now on nobody opens a file of these mounts before it is allowed. Gives a handle; undef where the machine has no
# fanotify.
sub hold_opens {
  my @paths = @_;
  # 5: close on exec, and permission to hold an open until we answer.
  my $number = syscall($call->{fanotify_init}, 5, 0);
  if ($number < 0) { print "fanotify: $!; settling by looking 50 times a second\n"; return undef }
  open my $handle, '+<&=', $number or die "fanotify: $!\n";
  for my $path (@paths) {
    my $text = $path;
    next if syscall($call->{fanotify_mark}, $number, FAN_MARK_ADD_MOUNT, FAN_CLOSE_WRITE | FAN_OPEN_PERM, -100, $text) == 0;
    print "fanotify on $path: $!\n";
  }
  return $handle;
}

# What happened, in its order: { path, written, process, held }. Each that has `held` must be allowed.
sub next_opens {
  my ($handle) = @_;
  sysread($handle, my $events, 65536) or return;
  my @found;
  while (length $events >= 24) {
    my ($length, undef, undef, undef, $mask, $file, $process) = unpack 'LCCSQll', $events;
    substr($events, 0, $length) = '';
    my $held = $mask & FAN_OPEN_PERM ? $file : undef;
    push @found, { path => readlink("/proc/self/fd/$file"), written => !!($mask & FAN_CLOSE_WRITE), process => $process, held => $held };
    POSIX::close($file) if $file >= 0 && !defined $held;
  }
  return @found;
}

sub allow {
  my ($handle, $event) = @_;
  return unless defined $event->{held};
  syswrite($handle, pack 'lL', $event->{held}, FAN_ALLOW);
  POSIX::close($event->{held});
}

# Gives a handle on which next_acts tells what is written, renamed to or removed there.
sub watch_folders {
  my @folders = @_;
  my $number = syscall($call->{inotify_init1}, 0);
  open my $handle, '<&=', $number or die "inotify: $!\n";
  my %folder_of;
  for my $folder (@folders) {
    my $text = $folder;
    my $watch = syscall($call->{inotify_add_watch}, $number, $text, IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE);
    $folder_of{$watch} = $folder if $watch >= 0;
  }
  return { handle => $handle, folder_of => \%folder_of };
}

# { folder, name, act }: act is written, renamed or removed.
sub next_acts {
  my ($watched) = @_;
  sysread($watched->{handle}, my $events, 65536) or return;
  my @found;
  while (length $events >= 16) {
    my ($watch, $mask, undef, $length) = unpack 'lLLL', $events;
    my $name = unpack 'Z*', substr $events, 16, $length;
    substr($events, 0, 16 + $length) = '';
    my $folder = $watched->{folder_of}{$watch} // next;
    my $act = $mask & IN_MOVED_TO ? 'renamed' : $mask & IN_DELETE ? 'removed' : 'written';
    push @found, { folder => $folder, name => $name, act => $act };
  }
  return @found;
}

1;
