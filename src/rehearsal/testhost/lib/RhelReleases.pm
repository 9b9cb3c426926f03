package RhelReleases;
# What tells releases of the RHEL family apart, as far as their boot goes.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(release);

my %RELEASES = (
  # grub.cfg with an entry per kernel; on the ESP where EFI starts it.
  7 => {
    name => 'CentOS Linux', id => 'centos', version => '7.9.2009', title => '7 (Core)', menuOnEsp => 1,
    crashkernel => 'crashkernel=auto',
    kernels => ['3.10.0-1160.118.1.el7.x86_64', '3.10.0-1160.71.1.el7.x86_64'],
  },
  # Boot loader entries that take their arguments from kernelopts in GRUB's environment.
  8 => {
    name => 'Rocky Linux', id => 'rocky', version => '8.10', title => '8.10 (Green Obsidian)', menuOnEsp => 1,
    entries => 1, kernelopts => 1, crashkernel => 'crashkernel=auto',
    kernels => ['4.18.0-553.5.1.el8_10.x86_64', '4.18.0-513.24.1.el8_9.x86_64'],
  },
  # Entries with arguments of their own; a stub on the ESP points to the menu in /boot/grub2. libvirt in parts.
  9 => {
    name => 'Rocky Linux', id => 'rocky', version => '9.4', title => '9.4 (Blue Onyx)',
    entries => 1, modular => 1, crashkernel => 'crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M',
    kernels => ['5.14.0-427.16.1.el9_4.x86_64', '5.14.0-362.24.1.el9_3.x86_64'],
  },
);

# { name, id, version, title, kernels, crashkernel, entries, kernelopts, menuOnEsp, modular, os }; dies for another one.
sub release {
  my ($major) = @_;
  my $release = $RELEASES{$major} or die "no release \"$major\": 7, 8, 9\n";
  my $like = $release->{id} eq 'centos' ? 'rhel fedora' : 'rhel centos fedora';
  my ($id_version) = $release->{title} =~ /^(\S+)/;
  my $os = <<"END";
NAME="$release->{name}"
VERSION="$release->{title}"
ID="$release->{id}"
ID_LIKE="$like"
VERSION_ID="$id_version"
PLATFORM_ID="platform:el$major"
PRETTY_NAME="$release->{name} $release->{title}"
END
  return { %$release, os => $os };
}

1;
