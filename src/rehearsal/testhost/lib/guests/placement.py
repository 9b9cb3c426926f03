"""Where guests are, as virsh tells of it, and what the host has left for them."""
import glob
import os
import re

from guests import qemu


def host_cpus():
    with open('/sys/devices/system/cpu/online') as file:
        return qemu.cpu_list(file.read().strip())


def pinned(domain, path):
    tune = domain.shown.find(path)
    return host_cpus() if tune is None else qemu.cpu_list(tune.get('cpuset'))


def vcpuinfo(domain):
    every = range(max(host_cpus()) + 1)
    blocks = []
    for vcpu in range(int(domain.shown.findtext('vcpu'))):
        cpus = pinned(domain, f"cputune/vcpupin[@vcpu='{vcpu}']")
        runs = domain.pid is not None
        blocks.append(
            f'VCPU:           {vcpu}\n'
            f'CPU:            {cpus[vcpu % len(cpus)] if runs else "N/A"}\n'
            f'State:          {"running" if runs else "N/A"}\n'
            + ('CPU time:       1.0s\n' if runs else 'CPU time        N/A\n')
            + f'CPU Affinity:   {"".join("y" if cpu in cpus else "-" for cpu in every)}\n')
    return '\n'.join(blocks)


def emulatorpin(domain):
    return f'emulator: CPU Affinity\n{"-" * 34}\n       *: {ranges(pinned(domain, "cputune/emulatorpin"))}\n'


def ranges(numbers):
    """0-1,4 for [0, 1, 4]."""
    parts = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ','.join(str(first) if first == last else f'{first}-{last}' for first, last in parts)


def numatune(domain):
    tune = domain.shown.find('numatune/memory')
    mode, nodes = ('strict', '') if tune is None else (tune.get('mode', 'strict'), tune.get('nodeset', ''))
    return f'numa_mode      : {mode}\nnuma_nodeset   : {nodes}\n'


def freepages():
    text = ''
    for folder in sorted(glob.glob('/sys/devices/system/node/node[0-9]*'), key=lambda path: int(path.split('node')[-1])):
        with open(f'{folder}/meminfo') as file:
            free = int(re.search(r'MemFree:\s*(\d+)', file.read())[1])
        pools = {int(re.search(r'(\d+)kB$', path)[1]): path for path in glob.glob(f'{folder}/hugepages/*')}
        text += f'Node {folder.split("node")[-1]}:\n4KiB: {free // 4}\n'
        for kib in sorted(pools):
            with open(os.path.join(pools[kib], 'free_hugepages')) as file:
                text += f'{kib}KiB: {file.read().strip()}\n'
        text += '\n'
    return text
