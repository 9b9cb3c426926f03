# nova's user, folders and configuration, as nova-common lays them when it is configured with no question answered.
groupadd --system --gid 64060 nova
useradd --system --uid 64060 --gid nova --home-dir /var/lib/nova --no-create-home --shell /bin/sh nova
install -d -o nova -g nova -m 0750 /etc/nova
install -o root -g nova -m 0640 /usr/share/nova-common/nova.conf /etc/nova/nova.conf
chown -R nova:nova /var/lib/nova
chown nova:adm /var/log/nova
chmod 0755 /var/lib/nova
chmod 0750 /var/log/nova

# A stand-in for the program alone: unit, init script and files are Debian's.
stand_in /usr/bin/nova-compute
systemctl enable --quiet nova-compute.service
