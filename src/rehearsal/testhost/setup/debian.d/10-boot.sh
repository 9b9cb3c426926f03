# A kernel and a boot menu, and GRUB's programs that cannot work on a container's disk.
stand_in /usr/sbin/grub-probe
stand_in /usr/sbin/update-grub
stand_in /usr/bin/dmesg

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

