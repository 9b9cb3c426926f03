package DhcpNetworks;
# The networks that neutron's DHCP agent serves on a test host, and what they are called on it, as neutron calls it.
use strict;
use warnings;
use TestHost qw(model);
use Exporter 'import';
our @EXPORT_OK = qw(dhcp_networks namespace server_device guest_namespace);

# Every network of the model with its addresses: 10.0.1.0/24 for the first, in which one guest may have 10.0.1.5.
sub dhcp_networks {
  my $number = 0;
  return map {
    $number += 1;
    { mtu => 1450, %$_, net => "10.0.$number", subnet => scalar reverse($_->{id}), guestMac => sprintf('fa:16:3e:00:00:%02x', $number) }
  } @{ model()->{dhcpNetworks} // [] };
}

sub namespace { return "qdhcp-$_[0]" }
sub server_device { return 'ns-' . substr $_[0], 0, 11 }
sub guest_namespace { return "guest-$_[0]" }

1;
