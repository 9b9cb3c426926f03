# Flavour images alone: libguestfs's programs, each real or a stand-in as the model says, and an image to enlarge.
if [ -x /usr/bin/virt-resize ]; then
  stand_in /usr/bin/virt-resize
  stand_in /usr/bin/virt-filesystems
  # The virtual machine of libguestfs is real; guests of the emulated libvirt are of the other flavours.
  if [ -e /usr/bin/qemu-system-x86_64.real ]; then
    rm /usr/bin/qemu-system-x86_64
    dpkg-divert --quiet --local --rename --remove /usr/bin/qemu-system-x86_64
  fi

  mkdir -p /srv/images
  truncate --size=600M /srv/images/raw
  printf '%s\n' 'label: dos' 'start=2048, size=65536, type=83' 'type=83' | sfdisk --quiet /srv/images/raw
  mkfs.ext4 -q -L boot -E offset=1048576 /srv/images/raw 32M
  mkfs.ext4 -q -L root -E offset=34603008 /srv/images/raw 566M
  qemu-img convert -f raw -O qcow2 /srv/images/raw /srv/images/rb-image.qcow2
  rm /srv/images/raw
fi
