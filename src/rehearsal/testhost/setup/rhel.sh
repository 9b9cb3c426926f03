#!/bin/sh
# Makes a host of the RHEL family of the Debian one: the names that runbooks look for, and stand-ins for its boot
# programs. It is not RHEL: kernel, libc, systemd and every other program are Debian's. What depends on the release and
# the firmware is laid out at the first boot, by bin/rhel/lay-out.
set -eu
home=/usr/lib/testhost

# GRUB's own programs keep working under the names of RHEL; what generates Debian's menu goes.
mkdir /usr/lib/testhost-grub
mv /usr/bin/grub-editenv /usr/lib/testhost-grub/
mv /usr/bin/grub-script-check /usr/bin/grub2-script-check
rm -rf /usr/sbin/update-grub /usr/sbin/update-grub.real /usr/sbin/update-grub2 /usr/sbin/grub-mkconfig \
  /usr/sbin/grub-reboot /usr/sbin/grub-set-default /etc/default/grub /etc/default/grub.d /etc/grub.d /boot/*
for program in grubby grub2-mkconfig grub2-reboot; do
  install -m 0755 "$home/bin/rhel/$program" "/usr/sbin/$program"
done
install -m 0755 "$home/bin/rhel/grub2-editenv" /usr/bin/grub2-editenv
ln -s grub2-reboot /usr/sbin/grub2-set-default
mkdir -p /boot/grub2 /etc/kernel

# libvirt in parts, each started by its socket; releases before 9 go back to libvirtd at the first boot.
ln -s libvirtd /usr/sbin/virtqemud
mv /etc/systemd/system/libvirtd.service /usr/lib/systemd/system/
install -m 0644 "$home"/units/rhel/* /usr/lib/systemd/system/
systemctl disable --quiet libvirtd.service
# The package brings them; the stand-in would make them when it is first asked.
mkdir -p /etc/libvirt /var/lib/libvirt /var/log/libvirt
install -d -m 0700 /etc/libvirt/qemu /etc/libvirt/qemu/autostart /var/lib/libvirt/qemu /var/lib/libvirt/qemu/save \
  /var/log/libvirt/qemu
systemctl enable --quiet virtqemud.socket virtqemud-ro.socket

# nova as RDO names and configures it: one file, without Debian's second one.
systemctl disable --quiet nova-compute.service
rm -f /lib/systemd/system/nova-compute.service /etc/init.d/nova-compute /etc/nova/nova-compute.conf
systemctl enable --quiet openstack-nova-compute.service
