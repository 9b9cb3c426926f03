#!/bin/sh
# Files of neutron's DHCP agent, unpacked and not installed: what they depend on is half of OpenStack. ifupdown and
# NetworkManager are whole, and udev gives udevadm, which reads .link files; its daemon does not run where /sys cannot be
# written.
set -eu
work=$(mktemp -d)
cd "$work"
apt-get update -qq
apt-get install -y -qq --no-install-recommends ifupdown udev network-manager
apt-get download -qq neutron-common neutron-dhcp-agent
for each in *.deb; do dpkg-deb --fsys-tarfile "$each" | tar --extract --keep-directory-symlink --directory=/; done
cd /
rm -rf "$work" /var/lib/apt/lists/*
apt-get clean
