#!/bin/sh
# Makes a host of the RHEL family of the Debian one: what tells the family, and stand-ins for its boot programs.
set -eu
cat >/etc/os-release.new <<'END'
NAME="Rocky Linux"
VERSION="9.4 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.4"
PLATFORM_ID="platform:el9"
PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"
END
mv /etc/os-release.new /usr/lib/os-release
ln -sf ../usr/lib/os-release /etc/os-release
