# LVM's configuration. Its programs need devices and a device mapper, which a container does not have.
set -eu
. "${0%/*}/cut-down"
apt-get update -qq
cut_down lvm2 etc/lvm
rm -rf /var/lib/apt/lists/*
apt-get clean
