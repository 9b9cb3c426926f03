#!/usr/bin/perl
# Before each boot: what the model says about keys, sudo and the shell. Writes only what differs.
use strict;
use warnings;
use POSIX ();
use lib '/usr/lib/testhost/lib';
use KernelFiles qw(write_file read_file);
use TestHost qw(model KEPT);

wait_for_watches();
my $model = model();
my %sudo = (passwordless => 'NOPASSWD: ALL', password => 'ALL');
my %shell = (dash => 'dash', bash => 'bash', busybox => 'busybox');

my $rule = "operator ALL=(ALL:ALL) $sudo{ $model->{sudo} }\n";
if ((read_file('/etc/sudoers.d/operator') // '') ne $rule) {
  write_file('/etc/sudoers.d/operator', $rule);
  chmod 0440, '/etc/sudoers.d/operator';
}
if (defined $model->{password} && !-e KEPT . '/password-set') {
  open my $chpasswd, '|-', 'chpasswd' or die "chpasswd: $!\n";
  print $chpasswd "operator:$model->{password}\n";
  close $chpasswd or die "chpasswd failed\n";
  write_file(KEPT . '/password-set', '');
}
my $wanted = $shell{ $model->{shell} } // die "no shell \"$model->{shell}\": dash, bash, busybox\n";
if ((readlink('/bin/sh') // '') ne $wanted) {
  symlink $wanted, '/bin/sh.new' and rename '/bin/sh.new', '/bin/sh' or die "/bin/sh: $!\n";
}
unlink glob '/etc/ssh/ssh_host_*' if $model->{hostKey} eq 'new-at-boot' && -e KEPT . '/boots';
for my $kind (qw(ed25519 ecdsa)) {
  my $path = "/etc/ssh/ssh_host_${kind}_key";
  next if -e $path;
  system('ssh-keygen', '-q', '-N', '', '-C', '', '-t', $kind, '-f', $path) == 0 or die "ssh-keygen failed\n";
}

# A host of the RHEL family gets its boot loader's files with its first boot.
if (-d '/boot/grub2' && !-e KEPT . '/laid-out') {
  system('/usr/lib/testhost/bin/rhel/lay-out') == 0 or die "lay-out failed\n";
  write_file(KEPT . '/laid-out', '');
}

first_boot($model) unless -e KEPT . '/boots';

# What somebody had set up before this product came.
sub first_boot {
  my ($model) = @_;
  my @lines = map { my $pri = defined $_->{priority} ? ",pri=$_->{priority}" : ''; "$_->{path} none swap sw$pri 0 0\n" }
    grep { $_->{fstab} // 1 } @{ $model->{swaps} };
  write_file('/etc/fstab', join '', read_file('/etc/fstab') // '', @lines) if @lines;
  for my $unit (@{ $model->{services} }) {
    my ($text) = grep { defined } map { read_file("$_/$unit") } qw(/etc/systemd/system /lib/systemd/system);
    my @verb = ($text // '') =~ /^\[Install\]/m ? ('enable') : ('add-wants', 'multi-user.target');
    system('systemctl', '--quiet', @verb, $unit) == 0 or die "cannot have $unit start at boot\n";
  }
}

# All containers share root's inotify instances. systemd takes five, logind and our watcher one each; without them it ends silently.
sub wait_for_watches {
  my $call = { x86_64 => 294, aarch64 => 26 }->{ (POSIX::uname())[4] } // return;
  my $told;
  until (can_watch($call)) {
    print STDERR "testhost: the machine has no inotify instances left (fs.inotify.max_user_instances); waiting\n" unless $told++;
    sleep 1;
  }
}

sub can_watch {
  my ($call) = @_;
  my @held = map { syscall($call, 0) } 1 .. 7;
  POSIX::close($_) for grep { $_ >= 0 } @held;
  return !grep { $_ < 0 } @held;
}
