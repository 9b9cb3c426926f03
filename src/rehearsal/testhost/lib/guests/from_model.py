"""Guests that the model of a test host asks for: each is made once, and from then on is libvirt's own affair."""
import json
import os
import uuid as uuids

from guests.domain_xml import Refused
from guests.domains import AUTOSTART, DEFINED, SAVED

MODEL = '/etc/runbook-testhost.json'
MADE = '/var/lib/testhost-counters/guests-made'

XML = '''<domain type='kvm'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  {xml}
  <memory>{kib}</memory>
  <vcpu>{vcpus}</vcpu>
  <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type><boot dev='hd'/></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='/var/lib/nova/instances/{uuid}/disk'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    {devices}
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1' passwd='vnc-of-{name}'/>
  </devices>
</domain>
'''


def wanted():
    """The guests of the model; a plain UUID is one of 1 GiB that runs after each boot."""
    try:
        with open(MODEL) as file:
            guests = json.load(file).get('guests', [])
    except (OSError, ValueError):
        return None
    plain = [{'name': f'instance-{one[:8]}', 'uuid': one, 'autostart': True} if isinstance(one, str) else one
             for one in guests]
    return {one['name']: one for one in plain}


def follow(domains):
    """Makes guests that are new in the model and removes those that are gone from it."""
    guests = wanted()
    if guests is None:
        return
    made = known()
    for name in [name for name in made if name not in guests]:
        remove(domains, name)
    for name, guest in guests.items():
        if name not in made:
            make(domains, guest)
    if list(guests) != made:
        with open(MADE, 'w') as file:
            json.dump(list(guests), file)


def known():
    if not os.path.exists(MADE):
        return []
    with open(MADE) as file:
        return json.load(file)


def make(domains, guest):
    name = guest['name']
    memory = guest.get('memory', '1G')
    text = XML.format(
        name=name, uuid=guest.get('uuid') or uuids.uuid5(uuids.NAMESPACE_DNS, name), vcpus=guest.get('vcpus', 1),
        kib=int(memory[:-1]) * {'M': 1024, 'G': 1024**2}[memory[-1]], xml=guest.get('xml', ''),
        devices=guest.get('devices', ''))
    domain = domains.define(text)
    if guest.get('autostart'):
        os.symlink(f'{DEFINED}/{name}.xml', f'{AUTOSTART}/{name}.xml')
    if guest.get('running', True):
        try:
            domains.start(domain)
        except Refused as error:
            print(f'guest {name} does not start: {error}', flush=True)
    if guest.get('managedSave'):
        with open(f'{SAVED}/{name}.save', 'w') as file:
            file.write(text)
    if guest.get('transient'):
        domains.undefine(domain)


def remove(domains, name):
    domain = domains.find(name)
    if domain is None:
        return
    domains.undefine(domain)
    if domain.pid is not None:
        domains.end(domain, 'destroyed')


def autostart(domains):
    """Those that come up with the host: once after each boot."""
    if os.path.exists('/run/libvirt/autostarted'):
        return
    for name in [entry[:-4] for entry in os.listdir(AUTOSTART)]:
        domain = domains.find(name)
        if domain is not None and domain.number is None:
            domains.start(domain)
    with open('/run/libvirt/autostarted', 'w'):
        pass
