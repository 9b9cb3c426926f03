"""A guest's process: the stand-in for QEMU, started with the words by which people find a guest among processes."""
import json
import os
import signal
import subprocess
import time

EMULATOR = '/usr/bin/qemu-system-x86_64'
DEFAULT_PAGE = 'default'


class NotStarted(Exception):
    """Why libvirt could not start a guest, as it says it."""


def mounts():
    """KiB of a page to where such pages are mounted, and under `default` that of the kernel's default size."""
    sizes = {'K': 1, 'M': 1024, 'G': 1024**2}
    found = {}
    with open('/proc/mounts') as file:
        for _, target, kind, options, *_ in (line.split() for line in file):
            named = [word[9:] for word in options.split(',') if word.startswith('pagesize=')]
            if kind == 'hugetlbfs' and named:
                found.setdefault(int(named[0][:-1]) * sizes[named[0][-1]], target)
    with open('/proc/meminfo') as file:
        default = next(int(line.split()[1]) for line in file if line.startswith('Hugepagesize:'))
    return {**found, **({DEFAULT_PAGE: found[default]} if default in found else {})}


def words(domain, number, known):
    """The command line. `known` are the mounts that libvirtd saw when it started. Throws NotStarted."""
    name = domain.findtext('name')
    kib = int(domain.findtext('memory'))
    memory = {'qom-type': 'memory-backend-ram', 'id': 'pc.ram', 'size': kib * 1024}
    if domain.find('memoryBacking/hugepages') is not None:
        page = domain.find('memoryBacking/hugepages/page')
        size = DEFAULT_PAGE if page is None else int(page.get('size'))
        if size not in known:
            raise NotStarted(
                'internal error: hugetlbfs filesystem is not mounted or disabled by administrator config'
                if size == DEFAULT_PAGE
                else f'operation failed: Unable to find any usable hugetlbfs mount for {size} KiB')
        memory.update({'qom-type': 'memory-backend-file', 'prealloc': True,
                       'mem-path': f'{known[size]}/libvirt/qemu/{number}-{name}'})
    tune = domain.find('numatune/memory')
    if tune is not None and tune.get('nodeset'):
        policy = {'strict': 'bind'}.get(tune.get('mode', 'strict'), tune.get('mode'))
        memory.update({'host-nodes': cpu_list(tune.get('nodeset')), 'policy': policy})
    return [EMULATOR, '-name', f'guest={name},debug-threads=on', '-S', '-m', f'size={kib}k', '-object', json.dumps(memory),
            '-smp', domain.findtext('vcpu'), '-uuid', domain.findtext('uuid')]


def launch(domain, number, known):
    """Starts the process and waits until it has its memory. Gives its pid. Throws NotStarted."""
    log = f'/var/log/libvirt/qemu/{domain.findtext("name")}.log'
    with open(log, 'a') as file:
        process = subprocess.Popen(words(domain, number, known), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, start_new_session=True)
        told = process.stdout.readline().split()
        process.wait()
        if told[:1] == ['ready']:
            process.stderr.close()
            return int(told[1])
        said = process.stderr.read().strip()
        file.write(f'{said}\n')
    raise NotStarted(f'internal error: qemu unexpectedly closed the monitor: {said}')


def born(pid):
    """When a process began, in clock ticks; None where there is none such, or only its remains."""
    try:
        with open(f'/proc/{pid}/stat') as file:
            fields = file.read().rsplit(')', 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == 'Z' else fields[19]


def end(pid):
    """SIGTERM, as libvirt does; SIGKILL for one that does not heed it."""
    begun = born(pid)
    for number, patience in ((signal.SIGTERM, 100), (signal.SIGKILL, 50)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        for _ in range(patience):
            if born(pid) != begun:
                return
            time.sleep(0.05)


def cpu_list(text):
    """[0, 1, 4] for 0-1,4; a part that begins with ^ is left out."""
    numbers = set()
    for part in text.split(','):
        first, _, last = part.lstrip('^').partition('-')
        each = range(int(first), int(last or first) + 1)
        numbers = numbers - set(each) if part.startswith('^') else numbers | set(each)
    return sorted(numbers)
