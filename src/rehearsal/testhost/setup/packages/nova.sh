#!/bin/sh
# nova as Debian packages it, cut down to the files that an operator of a hypervisor meets: with what they depend on, the
# packages would be half of OpenStack. The rest is installed as packages of the same names, so that dpkg owns the files.
set -eu
work=$(mktemp -d)
cd "$work"
apt-get update -qq

cut_down() { # cut_down PACKAGE PATHS...
  package=$1
  shift
  apt-get download -qq "$package"
  dpkg-deb --raw-extract "${package}"_*.deb "$package"
  mkdir -p "cut/$package/DEBIAN"
  sed -E '/^(Pre-Depends|Depends|Recommends|Suggests|Breaks|Replaces|Conflicts):/d' "$package/DEBIAN/control" \
    >"cut/$package/DEBIAN/control"
  if [ -f "$package/DEBIAN/conffiles" ]; then
    for path in $(cat "$package/DEBIAN/conffiles"); do
      case " $* " in *" ${path#/} "*) echo "$path" >>"cut/$package/DEBIAN/conffiles" ;; esac
    done
  fi
  tar --create --directory="$package" -- "$@" | tar --extract --directory="cut/$package"
  dpkg-deb --build --root-owner-group "cut/$package" "$package-cut.deb" >/dev/null
  dpkg --install "$package-cut.deb"
}

python=usr/lib/python3/dist-packages
cut_down python3-oslo.config "$python/oslo_config/__init__.py" "$python/oslo_config/iniparser.py"
cut_down python3-nova "$python/nova/__init__.py" "$python/nova/virt/__init__.py" "$python/nova/virt/libvirt/__init__.py" \
  "$python/nova/virt/libvirt/config.py" "$python/nova/virt/libvirt/driver.py" "$python/nova/virt/libvirt/imagebackend.py"
cut_down nova-common etc/nova/rootwrap.conf usr/share/nova-common var/lib/nova var/log/nova
cut_down nova-compute etc/init.d/nova-compute lib/systemd/system/nova-compute.service usr/bin/nova-compute
cut_down nova-compute-kvm etc/nova/nova-compute.conf
# As the packages do when they are configured.
python3 -m compileall -q "/$python/oslo_config" "/$python/nova"

cd /
rm -rf "$work" /var/lib/apt/lists/*
apt-get clean
