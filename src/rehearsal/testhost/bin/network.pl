#!/usr/bin/perl
# What hardware and earlier days have made before PID 1 starts: network cards, and the networks of neutron with a guest in
# each. All of them are real devices of the kernel's veth driver; what udev would know of a card is written down.
use strict;
use warnings;
use lib '/usr/lib/testhost/lib';
use DhcpNetworks qw(dhcp_networks namespace server_device guest_namespace);
use KernelFiles qw(write_file read_file);
use TestHost qw(model);

plug_in($_) for @{ model()->{cards} // [] };
connect_guest($_) for dhcp_networks();
save_profile($_) for @{ model()->{networkManager} // [] };
enable('neutron-dhcp-agent') if dhcp_networks();
enable('NetworkManager') if model()->{networkManager};

# The far end of its cable is not on this host.
sub plug_in {
  my ($card) = @_;
  my $name = $card->{name};
  ip('netns', 'add', 'switch') unless -e '/run/netns/switch';
  ip('link', 'add', $name, 'type', 'veth', 'peer', 'name', $name, 'netns', 'switch');
  ip('-n', 'switch', 'link', 'set', $name, 'up');
  ip('link', 'set', $name, 'up');
  chomp(my $number = read_file("/sys/class/net/$name/ifindex"));
  write_file("/run/udev/data/n$number", join '', map { "$_\n" } 'I:1',
    'E:ID_NET_LINK_FILE=' . ($card->{linkFile} // '/usr/lib/systemd/network/99-default.link'),
    $card->{path} ? "E:ID_PATH=$card->{path}" : ());
}

sub connect_guest {
  my ($network) = @_;
  my ($id, $net) = @{$network}{qw(id net)};
  my ($server, $guest, $device) = (namespace($id), guest_namespace($id), server_device($id));
  ip('netns', 'add', $_) for $server, $guest;
  ip('link', 'add', $device, 'netns', $server, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', $guest);
  ip('-n', $guest, 'link', 'set', 'eth0', 'address', $network->{guestMac}, 'up');
  ip('-n', $server, 'address', 'add', "$net.2/24", 'dev', $device);
  ip('-n', $server, 'link', 'set', $_, 'up') for 'lo', $device;
}

# As `nmcli connection add` writes it; one that was changed since stays.
sub save_profile {
  my ($profile) = @_;
  my $path = "/etc/NetworkManager/system-connections/$profile->{name}.nmconnection";
  return if -e $path;
  write_file($path, join "\n", '[connection]', "id=$profile->{name}", "uuid=$profile->{uuid}", 'type=ethernet',
    "interface-name=$profile->{card}", '', '[ethernet]', '', '[ipv4]', 'method=disabled', '', '[ipv6]',
    'addr-gen-mode=default', 'method=disabled', '', '[proxy]', '');
  chmod 0600, $path;
}

sub enable {
  my $wants = "/etc/systemd/system/multi-user.target.wants/$_[0].service";
  symlink "/lib/systemd/system/$_[0].service", $wants unless -l $wants;
}

sub ip { system('ip', @_) == 0 or die "ip @_ failed\n" }
