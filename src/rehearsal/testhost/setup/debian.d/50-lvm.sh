# Stand-ins for LVM: one program under the names of its commands, and for what lists disks.
for command in lvcreate lvmconfig lvremove lvs pvcreate pvremove pvs vgcreate vgremove vgs; do
  ln -sf "$home/bin/lvm" "/usr/sbin/$command"
done
stand_in /usr/bin/lsblk
stand_in /usr/sbin/wipefs
