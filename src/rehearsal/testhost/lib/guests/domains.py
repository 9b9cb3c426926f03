"""The guests of this host, kept where libvirt keeps them: definitions in /etc, what runs in /run, saved states in /var."""
import json
import os
import threading

from guests import qemu
from guests.domain_xml import Refused, parse, text_of

DEFINED = '/etc/libvirt/qemu'
AUTOSTART = f'{DEFINED}/autostart'
RUNNING = '/run/libvirt/qemu'
SAVED = '/var/lib/libvirt/qemu/save'
WARNING = '''<!--
WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE
OVERWRITTEN AND LOST. Changes to this xml configuration should be made using:
  virsh edit {name}
or other application using the libvirt API.
-->

'''


class Domain:
    """One guest. `live` is its description while it runs, `next` that of its next start; a transient one has no next."""

    def __init__(self, next_xml=None, live=None):
        self.next = next_xml
        self.live = live
        self.number = None
        self.pid = None
        self.begun = None
        self.state = ('shut off', 'unknown')
        self.lock = threading.RLock()

    @property
    def name(self):
        return self.shown.findtext('name')

    @property
    def uuid(self):
        return self.shown.findtext('uuid')

    @property
    def shown(self):
        return self.next if self.live is None else self.live

    @property
    def saved(self):
        return os.path.exists(f'{SAVED}/{self.name}.save')

    @property
    def autostart(self):
        return os.path.islink(f'{AUTOSTART}/{self.name}.xml')


class Domains:
    """All guests. `mounts` are the mounts of huge pages that there were when libvirtd started."""

    def __init__(self):
        for folder in (DEFINED, AUTOSTART, SAVED, '/var/log/libvirt/qemu'):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        # nova, too, may see which run.
        os.makedirs(RUNNING, mode=0o755, exist_ok=True)
        self.mounts = qemu.mounts()
        self.all = {}
        self.started = 0
        self.lock = threading.RLock()
        for name in sorted(entry[:-4] for entry in os.listdir(DEFINED) if entry.endswith('.xml')):
            with open(f'{DEFINED}/{name}.xml') as file:
                self.all[name] = Domain(parse(file.read()))
        for name in sorted(entry[:-5] for entry in os.listdir(RUNNING) if entry.endswith('.json')):
            self.meet(name)

    def meet(self, name):
        """Takes up a guest that went on while libvirtd was away."""
        with open(f'{RUNNING}/{name}.json') as file:
            told = json.load(file)
        self.started = max(self.started, told['number'])
        domain = self.all.setdefault(name, Domain())
        with open(f'{RUNNING}/{name}.xml') as file:
            domain.live = parse(file.read())
        domain.number, domain.pid, domain.begun = told['number'], told['pid'], told['begun']
        domain.state = tuple(told['state'])
        self.look(domain)

    def find(self, word):
        """By name, UUID or number; None where there is none such."""
        with self.lock:
            found = [one for one in self.all.values() if word in (one.name, one.uuid, str(one.number))]
            for one in found:
                self.look(one)
            return next((one for one in found if one.shown is not None), None)

    def every(self):
        with self.lock:
            for one in list(self.all.values()):
                self.look(one)
            running = sorted((one for one in self.all.values() if one.number is not None), key=lambda one: one.number)
            return running + sorted((one for one in self.all.values() if one.number is None), key=lambda one: one.name)

    def look(self, domain):
        """Notes that a guest's process has ended by itself."""
        with self.lock:
            if domain.pid is not None and qemu.born(domain.pid) != domain.begun:
                asked = domain.state[1] == 'shutting down'
                self.ended(domain, 'shutdown' if asked else 'crashed')

    def define(self, text, validate=False):
        domain = parse(text, validate)
        name, uuid = domain.findtext('name'), domain.findtext('uuid')
        with self.lock:
            for other in self.all.values():
                if other.uuid == uuid and other.name != name:
                    raise Refused(f"operation failed: domain '{other.name}' is already defined with uuid {uuid}")
                if other.name == name and other.uuid != uuid:
                    raise Refused(f"operation failed: domain '{name}' already exists with uuid {other.uuid}")
            write(f'{DEFINED}/{name}.xml', WARNING.format(name=name) + text_of(domain, secrets=True))
            known = self.all.setdefault(name, Domain())
            known.next = domain
            return known

    def undefine(self, domain):
        with self.lock:
            for path in (f'{AUTOSTART}/{domain.name}.xml', f'{DEFINED}/{domain.name}.xml', f'{SAVED}/{domain.name}.save'):
                if os.path.lexists(path):
                    os.remove(path)
            domain.next = None
            if domain.live is None:
                self.all = {name: one for name, one in self.all.items() if one is not domain}

    def start(self, domain):
        with domain.lock:
            if domain.number is not None:
                raise Refused('Domain is already active')
            save = f'{SAVED}/{domain.name}.save'
            source = save if os.path.exists(save) else None
            if source:
                # A saved state starts with the description that was saved with it.
                with open(save) as file:
                    live = parse(file.read())
            else:
                live = parse(text_of(domain.next, secrets=True))
            self.run(domain, live)
            if source:
                os.remove(save)

    def run(self, domain, live):
        """Starts the process of a description."""
        with self.lock:
            self.started += 1
            domain.live, domain.number = live, self.started
            domain.state = ('paused', 'starting up')
        try:
            pid = qemu.launch(live, domain.number, self.mounts)
        except qemu.NotStarted as error:
            self.ended(domain, 'failed')
            raise Refused(str(error)) from error
        with self.lock:
            domain.pid, domain.begun = pid, qemu.born(pid)
            domain.state = ('running', 'booted')
            name = domain.name
            write(f'{RUNNING}/{name}.xml', text_of(live, domain.number, secrets=True))
            write(f'{RUNNING}/{name}.pid', f'{pid}\n')
            self.note(domain)

    def note(self, domain):
        told = {'number': domain.number, 'pid': domain.pid, 'begun': domain.begun, 'state': domain.state}
        write(f'{RUNNING}/{domain.name}.json', json.dumps(told))

    def end(self, domain, why):
        with domain.lock:
            if domain.pid is None:
                raise Refused('Requested operation is not valid: domain is not running')
            qemu.end(domain.pid)
            self.ended(domain, why)

    def ended(self, domain, why):
        with self.lock:
            for suffix in ('xml', 'pid', 'json'):
                if os.path.exists(f'{RUNNING}/{domain.name}.{suffix}'):
                    os.remove(f'{RUNNING}/{domain.name}.{suffix}')
            if domain.next is None:
                self.all = {name: one for name, one in self.all.items() if one is not domain}
            domain.live = domain.number = domain.pid = domain.begun = None
            domain.state = ('shut off', why)


def write(path, text):
    with open(os.open(f'{path}.new', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
        file.write(text)
    os.rename(f'{path}.new', path)
