import type { OsloService } from '../../../src/library/facts/openstack/services.ts'
import type { Answer } from '../../../src/model/fact.ts'
import { type FakeHost, type FakeProgram, textOf } from '../../../src/testing.ts'
import { when } from '../fake-questions.ts'

export interface FakeServiceOptions {
  /** The unit of this host; null: none. Default: the first that is looked for. */
  readonly unit?: string | null
  /** The words that it was started with; they are only seen while it runs. */
  readonly words?: readonly string[]
  /** How it stands 10 seconds after a restart. Default `active`. */
  readonly after?: (host: FakeHost) => string
  /** What a restart does beside giving a new InvocationID. */
  readonly onRestart?: (host: FakeHost) => void
}

/** systemd's side of a service: its unit, its files, restarts and what they owe. `host.units` says whether it runs. */
export function servicePrograms(service: OsloService, options: FakeServiceOptions = {}): FakeProgram[] {
  const unit = options.unit === undefined ? service.lookedFor[0] : options.unit
  return [
    when(service.process, (host) => processText(service, { ...options, unit: unit ?? null }, host)),
    [/^(?:if \[ -f |for f in '[^']*'\/\*\.conf)/, (host, { input }) => existing(host, input)],
    [
      /^cat -- '\/var\/lib\/runbook\/pending\/([^']+)' 2>\/dev\/null$/,
      (host, [, name = '']) => host.pending.get(name) ?? { exitCode: 1 },
    ],
    [
      /sleep 10 .* -- '([^']+)'$/,
      (host, [, name = '']) =>
        `${shown(host, name, 'active')}---\n${shown(host, name, options.after?.(host) ?? 'active')}`,
    ],
    [
      /^systemctl show --property='LoadState,[^']*' -- '([^']+)'$/,
      (host, [, name = '']) => shown(host, name, 'active'),
    ],
    [
      /^systemctl restart '([^']+)'$/,
      (host, [, name = '']) => {
        host.units.set(name, `invocation-${host.counters.changes.length}`)
        options.onRestart?.(host)
        return ''
      },
    ],
  ]
}

function processText(service: OsloService, { unit, words = [] }: FakeServiceOptions, host: FakeHost): string {
  const runs = unit !== null && unit !== undefined && host.units.has(unit)
  const blocks = service.lookedFor.map((name) => {
    const loaded = name === unit ? 'loaded' : 'not-found'
    return `MainPID=${name === unit && runs ? 4711 : 0}\nId=${name}\nLoadState=${loaded}\nActiveState=${name === unit && runs ? 'active' : 'inactive'}\n`
  })
  return blocks.join('\n') + (runs ? `\n---\n${words.join('\n')}\n` : '')
}

/** The files that a question names, or that lie in a folder that it names, in its order. */
function existing(host: FakeHost, question: string): Partial<Answer> {
  const asked = [...question.matchAll(/if \[ -f '([^']+)'|for f in '([^']+)'\/\*\.conf/g)]
  const paths = asked.flatMap(([, file, folder]) =>
    [...host.files.keys()]
      .filter((path) => (file === undefined ? path.startsWith(`${folder}/`) && path.endsWith('.conf') : path === file))
      .sort(),
  )
  return { stdout: paths.map((path) => `${path}\n`).join('') }
}

const shown = (host: FakeHost, unit: string, state: string): string => {
  const invocation = host.units.get(unit)
  return `NRestarts=0\nLoadState=loaded\nActiveState=${invocation === undefined ? 'inactive' : state}\nUnitFileState=enabled\nInvocationID=${invocation ?? ''}\n`
}

/** How often a unit was restarted, as the host counts it. */
export const restartsOf = (host: FakeHost, unit: string): number =>
  host.counters.changes.filter((change) => change === `systemctl restart '${unit}'`).length

/** The lines that differ between two texts, as `-old` and `+new`. */
export function changedLines(before: string | null, host: FakeHost, path: string): readonly string[] {
  const [old, now] = [(before ?? '').split('\n'), (textOf(host, path) ?? '').split('\n')]
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ]
}
