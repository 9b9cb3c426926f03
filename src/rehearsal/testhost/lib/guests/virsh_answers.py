"""What virsh 9.0 prints for each of its commands: texts and exit codes as of the real one."""
import os
import signal

from guests import placement
from guests.domain_xml import Refused, text_of

URI = 'qemu:///system'


class Wrong(Exception):
    """virsh itself says no, before it asks libvirt: no blank line on stdout then."""


class Call:
    """One command: its options without dashes, and its plain words in their order."""

    def __init__(self, verb, words, known, readonly, folder):
        self.verb, self.readonly, self.folder = verb, readonly, folder
        self.flags, self.values, self.plain, self.failure = set(), {}, [], None
        words = list(words)
        while words:
            word = words.pop(0)
            name, _, value = word[2:].partition('=')
            if not word.startswith('--'):
                self.plain.append(word)
            elif name not in known:
                raise Wrong(f"command '{verb}' doesn't support option --{name}")
            elif known[name] == 'flag':
                self.flags.add(name)
            elif not value and not words:
                raise Wrong(f'expected syntax: --{name} <{known[name]}>')
            else:
                self.values[name] = value or words.pop(0)

    def word(self, name):
        """An option that may be given by its place too."""
        if name not in self.values:
            if not self.plain:
                raise Wrong(f"command '{self.verb}' requires <{name}> option")
            self.values[name] = self.plain.pop(0)
        return self.values[name]

    def domain(self, domains):
        word = self.word('domain')
        found = domains.find(word)
        if found is None:
            raise Refused(f"failed to get domain '{word}'")
        return found

    def changes(self, failure, function):
        """What stands before libvirt's own words from here on; -r lets nothing be changed."""
        self.failure = failure
        if self.readonly:
            raise Refused(f'operation forbidden: read only access prevents {function}')


def table(head, rows):
    widths = [max(len(str(row[at])) for row in [head, *rows]) for at in range(len(head))]
    def line(row):
        return (' ' + '   '.join(str(cell).ljust(width) for cell, width in zip(row, widths))).rstrip() + '\n'
    return line(head) + '-' * (sum(widths) + 3 * len(widths)) + '\n' + ''.join(map(line, rows))


def listed(call, domains):
    every = domains.every()
    chosen = [one for one in every if one.number is not None] if not call.flags & {'all', 'inactive'} else (
        every if 'all' in call.flags else [one for one in every if one.number is None])
    if call.flags & {'uuid', 'name'}:
        return ''.join(' '.join(([one.uuid] if 'uuid' in call.flags else []) +
                                ([one.name] if 'name' in call.flags else [])) + '\n' for one in chosen)
    return table(('Id', 'Name', 'State'), [(one.number or '-', one.name, one.state[0]) for one in chosen])


def dominfo(call, domains):
    one = call.domain(domains)
    kib = one.shown.findtext('memory')
    told = {
        'Id': one.number or '-', 'Name': one.name, 'UUID': one.uuid, 'OS Type': 'hvm', 'State': one.state[0],
        'CPU(s)': one.shown.findtext('vcpu'), **({} if one.pid is None else {'CPU time': '1.0s'}),
        'Max memory': f'{kib} KiB', 'Used memory': f'{one.shown.findtext("currentMemory")} KiB',
        'Persistent': 'no' if one.next is None else 'yes', 'Autostart': 'enable' if one.autostart else 'disable',
        'Managed save': 'yes' if one.saved else 'no', 'Security model': 'none', 'Security DOI': '0',
    }
    return ''.join(f'{key + ":":<15} {value}\n' for key, value in told.items())


def domstate(call, domains):
    state, reason = call.domain(domains).state
    return f'{state} ({reason})\n' if 'reason' in call.flags else f'{state}\n'


def dumpxml(call, domains):
    one = call.domain(domains)
    secrets = 'security-info' in call.flags
    if secrets and call.readonly:
        raise Refused('operation forbidden: virDomainGetXMLDesc with secure flag')
    inactive = one.live is None or ('inactive' in call.flags and one.next is not None)
    return text_of(one.next, secrets=secrets) if inactive else text_of(one.live, one.number, secrets)


def domblklist(call, domains):
    one = call.domain(domains)
    source = one.next if 'inactive' in call.flags and one.next is not None else one.shown
    rows = []
    for disk in source.iterfind('devices/disk'):
        place = disk.find('source')
        path = '-' if place is None else place.get('file') or place.get('dev') or place.get('name') or '-'
        row = (disk.find('target').get('dev'), path)
        rows.append((disk.get('type'), disk.get('device', 'disk'), *row) if 'details' in call.flags else row)
    return table(('Type', 'Device', 'Target', 'Source') if 'details' in call.flags else ('Target', 'Source'), rows)


def domjobinfo(call, domains):
    call.domain(domains)
    return f'{"Job type:":<17} {"None":<12}\n'


def blockjob(call, domains):
    call.domain(domains)
    return f'No current block job for {call.word("path")}\n'


def define(call, domains):
    name = call.word('file')
    try:
        with open(os.path.join(call.folder, name)) as file:
            text = file.read()
    except OSError as error:
        raise Refused(f"Failed to open file '{name}': {error.strerror}") from error
    call.changes(f'Failed to define domain from {name}', 'virDomainDefineXML')
    return f"Domain '{domains.define(text, 'validate' in call.flags).name}' defined from {name}\n"


def start(call, domains):
    one = call.domain(domains)
    if one.number is not None:
        raise Refused('Domain is already active')
    call.changes(f"Failed to start domain '{one.name}'", 'virDomainCreate')
    domains.start(one)
    return f"Domain '{one.name}' started\n"


def destroy(call, domains):
    one = call.domain(domains)
    name = one.name
    call.changes(f"Failed to destroy domain '{name}'", 'virDomainDestroy')
    domains.end(one, 'destroyed')
    return f"Domain '{name}' destroyed\n"


def shutdown(call, domains):
    one = call.domain(domains)
    call.changes(f"Failed to shutdown domain '{one.name}'", 'virDomainShutdown')
    if one.pid is None:
        raise Refused('Requested operation is not valid: domain is not running')
    one.state = ('running', 'shutting down')
    domains.note(one)
    # The guest's own business from here on, as with ACPI.
    os.kill(one.pid, signal.SIGUSR1)
    return f"Domain '{one.name}' is being shutdown\n"


FLAG = 'flag'
DOMAIN = {'domain': 'string'}
VERBS = {
    'uri': (lambda call, domains: f'{URI}\n', {}),
    'list': (listed, dict.fromkeys(('all', 'inactive', 'uuid', 'name'), FLAG)),
    'dominfo': (dominfo, DOMAIN),
    'domstate': (domstate, {**DOMAIN, 'reason': FLAG}),
    'domid': (lambda call, domains: f'{call.domain(domains).number or "-"}\n', DOMAIN),
    'domname': (lambda call, domains: f'{call.domain(domains).name}\n', DOMAIN),
    'domuuid': (lambda call, domains: f'{call.domain(domains).uuid}\n', DOMAIN),
    'dumpxml': (dumpxml, {**DOMAIN, 'inactive': FLAG, 'security-info': FLAG}),
    'domblklist': (domblklist, {**DOMAIN, 'inactive': FLAG, 'details': FLAG}),
    'domjobinfo': (domjobinfo, DOMAIN),
    'blockjob': (blockjob, {**DOMAIN, 'path': 'string'}),
    'vcpuinfo': (lambda call, domains: placement.vcpuinfo(call.domain(domains)), DOMAIN),
    'emulatorpin': (lambda call, domains: placement.emulatorpin(call.domain(domains)), DOMAIN),
    'numatune': (lambda call, domains: placement.numatune(call.domain(domains)), DOMAIN),
    'freepages': (lambda call, domains: placement.freepages(), {'all': FLAG}),
    'define': (define, {'file': 'string', 'validate': FLAG}),
    'start': (start, DOMAIN),
    'destroy': (destroy, DOMAIN),
    'shutdown': (shutdown, DOMAIN),
}


def answer(words, folder, domains):
    """(exit code, stdout, stderr) of `virsh WORDS`."""
    words = list(words)
    readonly = False
    while words and words[0].startswith('-'):
        option = words.pop(0)
        readonly = readonly or option in ('-r', '--readonly')
        if option in ('-c', '--connect'):
            words.pop(0)
        if option in ('--version', '-v'):
            return 0, '9.0.0\n', ''
    verb = words.pop(0) if words else ''
    if verb not in VERBS:
        return 1, '', f"error: unknown command: '{verb}'\n"
    run, known = VERBS[verb]
    try:
        call = Call(verb, words, known, readonly, folder)
    except Wrong as error:
        return 1, '', f'error: {error}\n'
    try:
        return 0, f'{run(call, domains)}\n', ''
    except Wrong as error:
        return 1, '', f'error: {error}\n'
    except Refused as error:
        first = '' if call.failure is None else f'error: {call.failure}\n'
        return 1, '\n', f'{first}error: {error}\n'
