import { domain } from '../../../src/library/facts/instances/domain.ts'
import { memoryFigures, numaNodes, pagePools } from '../../../src/library/facts/memory.ts'
import { mounts } from '../../../src/library/facts/mounts.ts'
import { clientMac } from '../../../src/library/facts/network/ssh-client.ts'
import { novaCompute } from '../../../src/library/facts/openstack/services.ts'
import { containerKind, offersGiantPages, systemdVersion } from '../../../src/library/facts/system.ts'
import type { Answer } from '../../../src/model/fact.ts'
import { type FakeHost, type FakeProgram, fakeHost } from '../../../src/testing.ts'
import { fireFake } from '../../../src/transport/fake/fake-host.ts'
import { fixture } from '../../library/fixture.ts'
import { when } from '../fake-questions.ts'

import { described, type FakeGuest, guest } from './fake-guest.ts'

export const UNIT = 'nova-compute.service'
export const PAGES = '<memoryBacking><hugepages/></memoryBacking>'

export interface GuestsOptions {
  readonly guests?: readonly FakeGuest[]
  /** Pages of the wished size at first. Default 0. */
  readonly pages?: number
  /** Pages that the kernel can find at most. */
  readonly most?: number
  readonly pageKib?: number
  readonly defaultKib?: number
  readonly availableKib?: number
  readonly nova?: 'active' | 'inactive' | 'absent'
  readonly mounted?: boolean
  readonly pdpe1gb?: boolean
  /** The hardware address from which the host is managed. Default: no neighbour's. */
  readonly client?: string
  /** What the host answers beside. */
  readonly questions?: readonly FakeProgram[]
  /** Does QEMU find no memory although the pages are there? */
  readonly startFails?: boolean
}

/** A hypervisor in memory as far as guests, their pages and nova-compute go. */
export class FakeGuests {
  readonly host: FakeHost
  readonly guests: readonly FakeGuest[]
  /** What happened, in its order: `stop nova`, `destroy a`, `start a` ... */
  readonly events: string[] = []
  readonly options: GuestsOptions
  wished: number
  kept: {
    readonly stamp: string
    readonly running: readonly string[]
    readonly next: ReadonlyMap<string, string>
  } | null = null

  constructor(options: GuestsOptions = {}) {
    this.options = options
    this.guests = options.guests ?? [guest('a')]
    this.wished = options.pages ?? 0
    this.host = fakeHost({ commands: [...this.#questions(), ...this.#changes()] })
    if ((options.nova ?? 'active') === 'active') this.host.units.set(UNIT, 'invocation-0')
  }

  /** What an operator would look at. */
  get state() {
    return {
      guests: this.guests.map(({ name, runs, next, now }) => ({ name, runs, next, now: runs ? now : '' })),
      pages: this.wished,
      nova: this.host.units.has(UNIT),
      armed: this.host.switch?.state === 'armed',
      kept: this.kept !== null,
    }
  }

  /** The host's own switch goes off, 30 minutes after its arming. */
  fire(): void {
    fireFake(this.host, Number.POSITIVE_INFINITY)
  }

  get #used(): number {
    return this.guests
      .filter(({ runs, now }) => runs && now.includes('<hugepages'))
      .reduce((sum, one) => sum + this.#need(one), 0)
  }

  get #pageKib(): number {
    return this.options.pageKib ?? 2048
  }

  #need({ memoryKib }: FakeGuest): number {
    return Math.ceil(memoryKib / this.#pageKib)
  }

  #find(name: string): FakeGuest | undefined {
    return this.guests.find((one) => one.name === name || one.uuid === name)
  }

  #questions(): FakeProgram[] {
    const { options } = this
    const named = (text: string) => text.replace(/'nosuch'/g, `'([^']+)'`)
    const pattern = (text: string) => new RegExp(`^${named(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))}$`)
    return [
      ...(options.questions ?? []),
      [pattern(domain('nosuch').question.text), (_host, [, name = '']) => described(this.#find(name))],
      when(
        memoryFigures,
        () =>
          `MemTotal: 67108864 kB\nMemAvailable: ${options.availableKib ?? 16777216} kB\nHugepagesize: ${options.defaultKib ?? 2048} kB\n`,
      ),
      when(pagePools, () => this.#pool()),
      when(
        mounts,
        options.mounted === false ? '' : `/dev/hugepages hugetlbfs rw,relatime,pagesize=${this.#pageKib / 1024}M\n`,
      ),
      when(clientMac, () =>
        options.client ? `192.0.2.9 dev br0 lladdr ${options.client} REACHABLE\n` : { exitCode: 1 },
      ),
      when(numaNodes, () =>
        [0, 1]
          .map(
            (node) =>
              `Node ${node} MemTotal: 33554432 kB\nNode ${node} MemFree: ${(options.availableKib ?? 16777216) / 2} kB\n`,
          )
          .join(''),
      ),
      when(containerKind, { exitCode: 1 }),
      when(offersGiantPages, { exitCode: options.pdpe1gb === false ? 1 : 0 }),
      when(systemdVersion, 'systemd 252 (252.39-1~deb12u2)\n'),
      when(novaCompute.unit, (host) => serviceText(host, options.nova !== 'absent')),
      [
        /^systemctl show --property='LoadState,/,
        (host) =>
          `LoadState=loaded\nActiveState=${host.units.has(UNIT) ? 'active' : 'inactive'}\nUnitFileState=enabled\n`,
      ],
      ['cat /proc/sys/kernel/random/uuid', () => `stamp-${this.events.length}\n`],
      [
        /^cat '\/var\/lib\/runbook\/instances'\/running/,
        () => (this.kept ? `${this.kept.running.join('\n')}\n` : { exitCode: 1 }),
      ],
      [
        /^sleep 10; LC_ALL=C virsh -r domstate --domain '([^']+)'/,
        (_host, [, uuid = '']) => this.#proof(this.#find(uuid)),
      ],
    ]
  }

  #changes(): FakeProgram[] {
    const on =
      (act: (guest: FakeGuest) => Partial<Answer> | undefined) =>
      (_host: FakeHost, [, uuid = '']: RegExpExecArray) => {
        const one = this.#find(uuid)
        return one ? (act(one) ?? {}) : { exitCode: 1 }
      }
    return [
      [/^\[ "\$\(cat '\/var\/lib\/runbook\/instances'\/stamp/, (_host, { input }) => this.#enter(input)],
      [
        /^r=0; .*; \[ "\$r" = 0 \] && rm -rf -- '\/var\/lib\/runbook\/instances'$/,
        (_host, { input }) => this.#leave(input),
      ],
      [/^r=0; .*; exit "\$r"$/, (_host, { input }) => ({ exitCode: this.#putBack(input) ? 0 : 1 })],
      [/^virsh destroy --domain '([^']+)' \|\|/, on((one) => this.#end(one, 'destroy'))],
      [/^virsh shutdown --domain '([^']+)' \|\| .* until/, on((one) => this.#end(one, 'shutdown'))],
      [/^virsh start --domain '([^']+)'$/, on((one) => this.#start(one))],
      [
        /^case \$\(LC_ALL=C virsh -r domstate --domain '([^']+)'\).*virsh start/,
        on((one) => (one.runs ? {} : this.#start(one))),
      ],
      [
        /^umask 077; f=\$\(mktemp .*--domain '([^']+)' .*printf '%s\\n' '(.*)' '<\/domain>'/,
        (_host, [, uuid = '', block = '']) => {
          const one = this.#find(uuid)
          if (one) one.next = block.replaceAll(`'\\''`, "'")
          this.events.push(`define ${one?.name}`)
          return ''
        },
      ],
      [/^i=0; .* in '\S+nr_hugepages=(\d+)'; do/, (_host, [, pages = '']) => this.#resize(Number(pages), 'grow')],
      [/^for w in '\S+nr_hugepages=(\d+)'; do/, (_host, [, pages = '']) => this.#resize(Number(pages), 'give back')],
    ]
  }

  #enter(text: string): string {
    const [, stamp = ''] = /= '([^']*)' \] \|\| \{/.exec(text) ?? []
    const [, running = ''] = /printf '%s\\n' ((?:'[^']*' ?)*)>'\S+'\/running/.exec(text) ?? []
    if (this.kept?.stamp !== stamp) {
      this.kept = { stamp, running: words(running), next: new Map(this.guests.map(({ uuid, next }) => [uuid, next])) }
    }
    if (text.endsWith(`systemctl stop '${UNIT}'`)) {
      this.events.push('stop nova')
      this.host.units.delete(UNIT)
    }
    return ''
  }

  #leave(text: string): Partial<Answer> {
    if (!this.#putBack(text)) return { exitCode: 1 }
    this.kept = null
    return {}
  }

  /** Guests that ran and are off are started as they were; then the service. */
  #putBack(quoted: string): boolean {
    const text = quoted.replaceAll(`'\\''`, "'")
    const [, running = ''] = /for g in ((?:'[^']*' ?)+);/.exec(text) ?? []
    const off = words(running)
      .flatMap((uuid) => this.#find(uuid) ?? [])
      .filter(({ runs }) => !runs)
    if (off.length > 0) this.wished = Math.max(this.#used, Number(/-gt '(\d+)' \]/.exec(text)?.[1]))
    const well = off.map((one) => {
      one.next = this.kept?.next.get(one.uuid) ?? one.next
      return this.#start(one) === undefined
    })
    if (text.includes(`systemctl start '${UNIT}'`) && !this.host.units.has(UNIT)) {
      this.events.push('start nova')
      this.host.units.set(UNIT, `invocation-${this.events.length}`)
    }
    return !well.includes(false)
  }

  #end(one: FakeGuest, how: string): Partial<Answer> | undefined {
    this.events.push(`${how} ${one.name}`)
    if (!one.runs) return fixture('virsh-9.0.0-destroy-off.test-driver.debian-12')
    one.runs = false
    return undefined
  }

  #start(one: FakeGuest): Partial<Answer> | undefined {
    this.events.push(`start ${one.name}`)
    const backed = one.next.includes('<hugepages')
    const free = Math.max(this.wished, this.#used) - this.#used
    if (backed && (this.options.startFails || free < this.#need(one))) {
      const stderr = `error: Failed to start domain '${one.name}'\nerror: internal error: qemu unexpectedly closed the monitor: unable to map backing store for guest RAM: Cannot allocate memory\n`
      return { exitCode: 1, stderr }
    }
    one.runs = true
    one.now = one.next
    return undefined
  }

  #resize(pages: number, how: string): string {
    this.events.push(`${how} ${pages}`)
    this.wished = Math.min(pages, this.options.most ?? Number.POSITIVE_INFINITY)
    return ''
  }

  #pool(): string {
    const total = Math.max(this.wished, this.#used)
    const folder = `hugepages/hugepages-${this.#pageKib}kB`
    const root = '/sys/kernel/mm'
    return `${root}/${folder}/nr_hugepages=${total}\n${root}/${folder}/free_hugepages=${total - this.#used}\n${root}/${folder}/surplus_hugepages=${total - this.wished}\n`
  }

  #proof(one: FakeGuest | undefined): string {
    if (!one?.runs) return 'shut off\n'
    return `running\nHugetlbPages:\t${one.now.includes('<hugepages') ? one.memoryKib : 0} kB\n`
  }
}

const words = (text: string): readonly string[] => [...text.matchAll(/'([^']+)'/g)].map(([, word = '']) => word)

const serviceText = (host: FakeHost, there: boolean): string =>
  novaCompute.lookedFor
    .map((unit) => {
      const own = unit === UNIT && there
      return `MainPID=0\nId=${unit}\nLoadState=${own ? 'loaded' : 'not-found'}\nActiveState=${own && host.units.has(UNIT) ? 'active' : 'inactive'}\n`
    })
    .join('\n')
