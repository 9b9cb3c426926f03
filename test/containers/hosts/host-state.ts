import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { COUNTS_FOLDER } from '../../../src/rehearsal/hosts/host-model.ts'

/** What an operator would want to know of a host behind hugepages-1g, asked at the machine itself. */
export interface HostState {
  readonly commandLine: string
  /** Pages of 1 GiB and of 2 MiB. */
  readonly pools: string
  /** Mounts of huge pages that this runbook makes, each as often as it is mounted. */
  readonly mounts: readonly string[]
  readonly owner: string
  /** Units that owe a restart. */
  readonly owed: readonly string[]
}

const POOL = '/sys/kernel/mm/hugepages/hugepages'
const QUESTIONS = [
  'cat /proc/cmdline',
  `echo "$(cat ${POOL}-1048576kB/nr_hugepages 2>/dev/null || echo 0) $(cat ${POOL}-2048kB/nr_hugepages)"`,
  'echo $(findmnt -rn -t hugetlbfs -o TARGET | grep -E "^/dev/hugepages[12]" | sort)',
  'sed -n s/^state=//p /var/lib/runbook/owner 2>/dev/null || echo none',
  'cd /var/lib/runbook/pending 2>/dev/null && for u in *; do [ -e "$u" ] || continue; id=$(cat "$u"); case $id in any | "$(systemctl show -p InvocationID --value "$u")") printf "%s " "$u" ;; esac; done',
]

export async function stateOf(host: ContainerHost): Promise<HostState> {
  const { stdout } = await host.inside(QUESTIONS.join('; '))
  const [commandLine = '', pools = '', mounts = '', owner = '', owed = ''] = stdout.split('\n')
  return { commandLine, pools, mounts: words(mounts), owner, owed: words(owed) }
}

const words = (line: string): readonly string[] => line.split(' ').filter((word) => word !== '')

/** What a host counts by itself of what was done to it. */
export async function countsOf(host: ContainerHost) {
  const [boots, menus, restarts, files] = await Promise.all([
    host.counted('boots'),
    host.counted('update-grub'),
    host.counted('libvirtd'),
    host.counted('files'),
  ])
  return { boots: boots.length, menus: menus.length, libvirtStarts: restarts.length, files: files.length }
}

/** A command that a run gave to a host, by the trace that the host keeps of it. */
export interface Trace {
  readonly step: string
  readonly attempt: number
  /** Null when its end was never written: it was cut midway. */
  readonly exit: number | null
}

/** Every command that runs of whatever name began on a host, in no order. */
export async function commandsOf(host: ContainerHost): Promise<readonly Trace[]> {
  const { stdout } = await host.inside(
    'for m in /var/lib/runbook/runs/*/markers/*; do [ -e "$m" ] && cat "$m" && echo; done',
  )
  return stdout.split('\n\n').flatMap((text): readonly Trace[] => {
    const word = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? ''
    if (word('kind') !== 'command') return []
    return [
      { step: word('step'), attempt: Number(word('attempt')), exit: word('exit') === '' ? null : Number(word('exit')) },
    ]
  })
}

/** Every path that was written on a host since it was made, but for its own counts. Random names are made alike. */
export async function writtenOn(host: ContainerHost): Promise<readonly string[]> {
  const id = (await host.inside('cat /etc/machine-id')).stdout.trim()
  const paths = (await host.written()).filter((line) => !line.includes(COUNTS_FOLDER))
  const alike = (line: string) =>
    line
      .replaceAll(id, 'MACHINE')
      .replace(/systemd-private-\w{32}-(.+)-\w{6}(?=\/|$)/, 'systemd-private-BOOT-$1-RANDOM')
  return paths.map(alike).toSorted()
}

/** How often anybody knocked, by the host's own log. */
export async function loginsOf(host: ContainerHost): Promise<number> {
  return Number((await host.inside("journalctl -t sshd -o cat | grep -c -E 'Connection|Accepted'")).stdout)
}
