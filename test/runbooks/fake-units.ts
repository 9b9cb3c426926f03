import type { FakeHost, FakeProgram } from '../../src/testing.ts'

/** What systemd knows of a fake host's units beside which of them run: those are `host.units`. */
export interface FakeUnits {
  /** Unit to `enabled`, `disabled`, `static`, `masked` ...: units that are not named here do not exist. */
  readonly files: Map<string, string>
}

/** Questions about units, and what enables, masks, starts and stops them. */
export const unitPrograms = ({ files }: FakeUnits): readonly FakeProgram[] => [
  [
    /^cat -- '\/var\/lib\/runbook\/pending\/([^']+)'/,
    (host, [, unit = '']) => host.pending.get(unit) ?? { exitCode: 1 },
  ],
  [
    /^systemctl show .*sleep 10.* -- '([^']+)'$/,
    (host, [, unit = '']) => `${unitText(host, files, unit)}---\n${unitText(host, files, unit)}`,
  ],
  [/^systemctl show --property=\S+ -- '([^']+)'$/, (host, [, unit = '']) => unitText(host, files, unit)],
  [
    /^(?:systemctl daemon-reload && )?systemctl enable '([^']+)'$/,
    (_host, [, unit = '']) => set(files, unit, 'enabled'),
  ],
  [/^if \[ -e \S+ \]; then systemctl disable '([^']+)'; fi$/, (_host, [, unit = '']) => drop(files, unit)],
  ['systemctl daemon-reload', ''],
]

/** Starts a unit anew. */
export const startUnit = (host: FakeHost, unit: string): void => {
  host.units.set(unit, `invocation-${host.counters.changes.length}`)
}

function unitText(host: FakeHost, files: ReadonlyMap<string, string>, unit: string): string {
  const invocation = host.units.get(unit)
  const file = files.get(unit)
  const load = file === undefined && invocation === undefined ? 'not-found' : file === 'masked' ? 'masked' : 'loaded'
  const active = invocation === undefined ? 'inactive' : 'active'
  return `NRestarts=0\nLoadState=${load}\nActiveState=${active}\nUnitFileState=${file ?? ''}\nInvocationID=${invocation ?? ''}\n`
}

function set(files: Map<string, string>, unit: string, state: string): string {
  files.set(unit, state)
  return ''
}

function drop(files: Map<string, string>, unit: string): string {
  files.delete(unit)
  return ''
}
