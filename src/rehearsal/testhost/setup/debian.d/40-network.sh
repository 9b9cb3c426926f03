# neutron's user, folders and configuration, as neutron-common lays them when it is configured with no question answered.
groupadd --system neutron
useradd --system --gid neutron --home-dir /var/lib/neutron --no-create-home --shell /bin/false neutron
install -d -o neutron -g neutron -m 0750 /etc/neutron
for name in neutron.conf dhcp_agent.ini l3_agent.ini; do
  install -o root -g neutron -m 0640 "/usr/share/neutron-common/$name" "/etc/neutron/$name"
done
chmod 0660 /etc/neutron/neutron.conf
cp /usr/share/neutron-common/plugins/ml2/ml2_conf.ini /etc/neutron/plugins/ml2/
chmod 0440 /etc/sudoers.d/neutron_sudoers
install -d -o neutron -g neutron -m 0755 /var/lib/neutron /var/lib/neutron/dhcp
install -d -o neutron -g adm -m 0750 /var/log/neutron

# Stand-ins for the programs alone: the unit, its init script and the files are Debian's.
stand_in /usr/bin/neutron-dhcp-agent
stand_in /usr/bin/neutron-rootwrap
# The real one, beside a driver that loses its link where the model says so.
stand_in /usr/sbin/ethtool

# They run where a model wants them.
systemctl disable --quiet neutron-dhcp-agent.service NetworkManager.service NetworkManager-dispatcher.service \
  NetworkManager-wait-online.service 2>/dev/null
# As on servers: an interface without a profile is left alone.
printf '[main]\nno-auto-default=*\n' >/etc/NetworkManager/conf.d/10-servers.conf
