# Stand-ins for libvirt, and for the program of its guests.
stand_in /usr/bin/virsh
stand_in /usr/sbin/libvirtd
stand_in /usr/bin/qemu-system-x86_64
systemctl enable --quiet libvirtd.service
