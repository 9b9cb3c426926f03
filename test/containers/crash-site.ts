import { spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostRecord } from '../../src/engine/guard-port.ts'
import type { RunReport } from '../../src/engine/make-report.ts'
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import type { ContainerSet } from '../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'
import type { Order } from '../crash/controller.ts'
import type { Going, Site, SiteState } from '../crash/site.ts'

const DROP_IN = '/etc/default/grub.d/99-runbook-hugepages.cfg'
const WANTED = 'default_hugepagesz=1G hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=64'

/** A container host of its own, and controllers as processes that are really killed. */
export async function containerSite(
  set: ContainerSet,
  host: ContainerHost,
  params: Readonly<Record<string, unknown>> = {},
): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-crash-'))
  const before = await count(host)
  const order = (going: Going): Omit<Order, 'verb'> => ({
    run: going.run ?? 'first',
    runbook: going.runbook ?? 'hugepages-1g',
    host: host.name,
    inventory: set.inventory,
    journal: join(folder, `${going.journal ?? 'mine'}.db`),
    death: going.death ?? null,
    reboot: false,
    limit: false,
    params,
  })
  return {
    host: host.name,
    run: (going = {}) => obey({ ...order(going), verb: 'run' }),
    resume: ({ reboot = false, limit = false, ...going } = {}) =>
      obey({ ...order(going), verb: 'resume', reboot, limit }),
    rollback: ({ reboot = false, ...going } = {}) => obey({ ...order(going), verb: 'rollback', reboot }),
    async unlock(run) {
      await command({ ...order({}), verb: 'unlock', run })
    },
    async rows() {
      const journal = await openSqliteJournal(join(folder, 'mine.db'), { redact: (text) => text })
      const rows = await journal.rows('first')
      await journal.close()
      return rows
    },
    guestsArrive: () => host.change({ guests: ['6b1e4a0e-3f5e-4d55-9b6e-0f4f6f7f1a01'] }),
    boots: (how) => host.change({ boot: how === 'never' ? 'never' : 'first-entry' }),
    rebootRequests: (how) => host.change({ rebootRequests: how }),
    async serviceRuns() {
      return (await host.inside('systemctl is-active libvirtd.service')).stdout.trim() === 'active'
    },
    async state() {
      const record = JSON.parse(await command({ ...order({}), verb: 'inspect' })) as HostRecord
      return { ...(await look(host)), owner: record.owner?.state ?? 'none' }
    },
    async counts() {
      const now = await count(host)
      return {
        boots: now.boots - before.boots,
        menusGenerated: now.menusGenerated - before.menusGenerated,
        libvirtRestarts: now.libvirtRestarts - before.libvirtRestarts,
      }
    },
  }
}

async function obey(order: Order): Promise<RunReport | null> {
  const text = await command(order)
  return text === '' ? null : (JSON.parse(text) as RunReport)
}

/** What a controller printed; empty text when it was killed. Throws what it said when it failed otherwise. */
function command(order: Order): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['test/crash/controller.ts'], { stdio: ['pipe', 'pipe', 'pipe'] })
    const [out, err]: [string[], string[]] = [[], []]
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk.toString()))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve('')
      else if (code === 0) resolve(out.join('').trim())
      else reject(new Error(`the controller ended with ${code ?? signal}: ${err.join('')}`))
    })
    child.stdin.end(JSON.stringify(order))
  })
}

async function look(host: ContainerHost): Promise<Omit<SiteState, 'owner'>> {
  const script = [
    'cat /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages',
    'cat /proc/cmdline',
    "grep -m1 -E '^[[:space:]]+linux' /boot/grub/grub.cfg",
    `test -e ${DROP_IN} && echo there || echo absent`,
    'findmnt -rn -t hugetlbfs -o TARGET | grep -c /dev/hugepages[12]',
    'p=$(cat /var/lib/runbook/pending/libvirtd.service 2>/dev/null); i=$(systemctl show -p InvocationID --value libvirtd.service); if [ "$p" = any ] || { [ -n "$p" ] && [ "$p" = "$i" ]; }; then echo owed; else echo none; fi',
  ]
  const { stdout } = await host.inside(script.join('; '))
  const [pages, commandLine = '', menu = '', dropIn, mounts, owed] = stdout.trim().split('\n')
  const says = (line: string) => (line.includes(WANTED) ? 'wanted' : 'other')
  return {
    pages: Number(pages),
    commandLine: says(commandLine),
    menu: says(menu),
    dropIn: dropIn === 'there' ? 'there' : 'absent',
    mounts: Number(mounts),
    restartOwed: owed === 'owed',
  }
}

async function count(host: ContainerHost) {
  const [boots, menus, libvirt] = await Promise.all([
    host.counted('boots'),
    host.counted('update-grub'),
    host.counted('libvirtd'),
  ])
  return { boots: boots.length, menusGenerated: menus.length, libvirtRestarts: libvirt.length }
}
