#!/bin/sh
# Runs once, while the image is built: lays the stand-ins in place and makes a host with a kernel and a boot menu.
set -eu
home=/usr/lib/testhost

stand_in() { # stand_in PROGRAM: ours in its place, the real one, if any, beside it as PROGRAM.real
  if [ -e "$1" ]; then dpkg-divert --quiet --local --rename --divert "$1.real" --add "$1"; fi
  install -m 0755 "$home/bin/${1##*/}" "$1"
}
stand_in /usr/sbin/grub-probe
stand_in /usr/sbin/update-grub
stand_in /usr/bin/dmesg
stand_in /usr/bin/virsh
stand_in /usr/sbin/libvirtd

install -m 0644 "$home"/units/*.service /etc/systemd/system/
systemctl enable --quiet ssh.service libvirtd.service testhost-kernel.service
systemctl set-default --quiet multi-user.target
# Services of a machine with disks and consoles, and timers that would change files while tests compare them.
systemctl mask --quiet getty.target console-getty.service apt-daily.timer apt-daily-upgrade.timer \
  dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer

# Two kernels' worth of files would double the menu; one is enough. GRUB reads names and sizes, nothing inside.
version=6.1.0-28-amd64
mkdir -p /boot/grub /etc/default/grub.d
echo "a stand-in kernel image" >"/boot/vmlinuz-$version"
echo "a stand-in initial ram disk" >"/boot/initrd.img-$version"
echo "CONFIG_HUGETLBFS=y" >"/boot/config-$version"
cat >/etc/default/grub <<'END'
# If you change this file, run 'update-grub' afterwards to update
# /boot/grub/grub.cfg.
# For full documentation of the options in this file, see:
#   info -f grub -n 'Simple configuration'

GRUB_DEFAULT=0
GRUB_TIMEOUT=5
GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="console=ttyS0"
END
grub-editenv /boot/grub/grubenv create
update-grub.real 2>/dev/null || /usr/sbin/update-grub.real
grub-script-check /boot/grub/grub.cfg

useradd --create-home --gid operator --shell /bin/bash operator
mkdir -m 0700 /home/operator/.ssh
chown operator:operator /home/operator/.ssh
# Keys and identity belong to one container, not to the image.
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
rm -rf /var/lib/testhost-counters
