# Stand-ins for libvirt.
stand_in /usr/bin/virsh
stand_in /usr/sbin/libvirtd
systemctl enable --quiet libvirtd.service
