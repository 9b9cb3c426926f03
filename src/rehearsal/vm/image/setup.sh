#!/bin/sh
# Runs once, as root of the image's file system while that is made: packages, the user, and what a test host counts. The
# kernel is the full one: that for clouds leaves out drivers of cards and zswap, which runbooks are about.
set -eu
home=/usr/lib/testhost
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
. "$home/setup/stand-in"

printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d

# A small initial ram disk: what this machine boots from, and nothing that it could.
mkdir -p /etc/initramfs-tools/conf.d
printf 'MODULES=list\nCOMPRESS=lz4\n' >/etc/initramfs-tools/conf.d/testhost
printf '%s\n' virtio_pci virtio_blk ext4 >/etc/initramfs-tools/modules
cat >/etc/default/grub <<'GRUB'
GRUB_DEFAULT=0
GRUB_TIMEOUT=2
GRUB_DISTRIBUTOR=Debian
# A pool that somebody asked for by hand once.
GRUB_CMDLINE_LINUX_DEFAULT="quiet hugepagesz=2M hugepages=16"
# nokaslr: a kernel that puts itself anywhere in so little memory leaves another number of whole GiB with each boot.
GRUB_CMDLINE_LINUX="console=ttyS0,115200 nokaslr"
GRUB_TERMINAL=serial
GRUB_SERIAL_COMMAND="serial --speed=115200"
GRUB
apt-get update -qq
apt-get install -y -qq --no-install-recommends linux-image-amd64 lz4 systemd systemd-sysv systemd-timesyncd- dbus udev \
  kmod grub-pc-bin grub2-common openssh-server sudo qemu-guest-agent util-linux procps iproute2 ethtool lvm2 perl \
  python3-minimal python3-lxml libvirt-daemon-system libvirt-clients qemu-system-x86
for part in nova kernel; do sh "$home/setup/packages/$part.sh"; done
. "$home/setup/debian.d/30-nova.sh"
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /usr/sbin/policy-rc.d
apt-get clean

# What guests run: a boot sector that halts the processor, again after each interrupt (hlt; jmp -3), and its signature.
printf '\364\353\375' >/var/lib/libvirt/images/idle.img
truncate -s 510 /var/lib/libvirt/images/idle.img
printf '\125\252' >>/var/lib/libvirt/images/idle.img
truncate -s 1M /var/lib/libvirt/images/idle.img

install -m 0644 "$home"/vm/*.service /etc/systemd/system/
install -m 0644 "$home/vm/wired.network" /etc/systemd/network/20-wired.network
systemctl enable --quiet systemd-networkd.service testhost-boots.service
systemctl disable --quiet systemd-networkd-wait-online.service
# Its port alone wants it: whoever leaves the rescue target for the ordinary one would be left without it.
systemctl add-wants --quiet multi-user.target qemu-guest-agent.service
systemctl set-default --quiet multi-user.target
# Timers that would change files while tests compare them.
systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer
# Each host makes its own key when it is first up.
mkdir -p /etc/systemd/system/ssh.service.d
printf '[Unit]\nConditionPathExists=/etc/ssh/ssh_host_ed25519_key\n' >/etc/systemd/system/ssh.service.d/testhost.conf

useradd --create-home --gid operator --shell /bin/bash operator
mkdir -m 0700 /home/operator/.ssh
echo 'operator ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/operator
chmod 0440 /etc/sudoers.d/operator
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
rm -rf /var/lib/testhost-counters
install -d -m 1777 /var/lib/testhost-counters
