#!/bin/sh
# Runs once, while the image is built: lays the stand-ins in place and makes a host of it, part by part.
set -eu
home=/usr/lib/testhost

. "$home/setup/stand-in"

install -m 0644 "$home"/units/*.service /etc/systemd/system/
systemctl enable --quiet ssh.service testhost-kernel.service
systemctl set-default --quiet multi-user.target
# Services of a machine with disks and consoles, and timers that would change files while tests compare them.
systemctl mask --quiet getty.target console-getty.service apt-daily.timer apt-daily-upgrade.timer \
  dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer

for part in "$home"/setup/debian.d/*.sh; do . "$part"; done

useradd --create-home --gid operator --shell /bin/bash operator
mkdir -m 0700 /home/operator/.ssh
chown operator:operator /home/operator/.ssh
# Keys and identity belong to one container, not to the image.
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
# What the setting up counted is nothing; services with users of their own count too.
rm -rf /var/lib/testhost-counters
install -d -m 1777 /var/lib/testhost-counters
