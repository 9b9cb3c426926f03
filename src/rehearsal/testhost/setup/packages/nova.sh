# nova's files on a hypervisor, and qemu-img: the whole packages would bring half of OpenStack along.
set -eu
. "${0%/*}/cut-down"
apt-get update -qq
apt-get install -y -qq --no-install-recommends qemu-utils

python=usr/lib/python3/dist-packages
cut_down python3-oslo.config "$python/oslo_config/__init__.py" "$python/oslo_config/iniparser.py"
cut_down python3-nova "$python/nova/__init__.py" "$python/nova/virt/__init__.py" "$python/nova/virt/libvirt/__init__.py" \
  "$python/nova/virt/libvirt/config.py" "$python/nova/virt/libvirt/driver.py" "$python/nova/virt/libvirt/imagebackend.py"
cut_down nova-common etc/nova/rootwrap.conf usr/share/nova-common var/lib/nova var/log/nova
cut_down nova-compute etc/init.d/nova-compute lib/systemd/system/nova-compute.service usr/bin/nova-compute
cut_down nova-compute-kvm etc/nova/nova-compute.conf
# As the packages do when they are configured.
python3 -m compileall -q "/$python/oslo_config" "/$python/nova"

rm -rf /var/lib/apt/lists/*
apt-get clean
