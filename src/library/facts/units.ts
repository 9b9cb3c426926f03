import { sh } from '../../model/command.ts'
import { type Fact, fact } from '../../model/fact.ts'
import { readUnitProperties } from '../formats/unit-properties.ts'
import { answered } from './answered.ts'

/** What systemd says about a unit. */
export interface UnitState {
  /** Is there a unit of this name? */
  readonly exists: boolean
  /** `active`, `inactive`, `failed`, `activating` ... */
  readonly active: string
  /** `enabled`, `disabled`, `static` ...; empty without a unit file. */
  readonly enabled: string
  /** Differs after every start; empty while the unit does not run. */
  readonly invocation: string
  /** How often systemd started it again by itself. */
  readonly restarts: number
}

const PROPERTIES = 'LoadState,ActiveState,UnitFileState,InvocationID,NRestarts'

/** The state of a unit such as `libvirtd.service`. */
export const unitState = (unit: string): Fact<UnitState> =>
  fact(sh`systemctl show --property=${PROPERTIES} -- ${unit}`, (answer) =>
    readState(answered(answer, `the state of ${unit}`)),
  )

/** Has systemd older files of this unit in mind than there are? */
export const needsReload = (unit: string): Fact<boolean> =>
  fact(sh`systemctl show --property=NeedDaemonReload -- ${unit}`, (answer) =>
    answered(answer, `whether ${unit} must be read anew`).includes('NeedDaemonReload=yes'),
  )

/** What the host notes of a restart that this unit owes: `any`, an InvocationID, or null. */
export const pendingRestart = (unit: string): Fact<string | null> =>
  fact(sh`cat -- ${`/var/lib/runbook/pending/${unit}`} 2>/dev/null`, ({ stdout }) => stdout.trim() || null)

/** The state of a unit now and 10 seconds later: a service with a broken configuration is started in a loop. */
export const unitStability = (unit: string): Fact<{ readonly before: UnitState; readonly after: UnitState }> => {
  const show = sh`systemctl show --property=${PROPERTIES} -- ${unit}`
  return fact(sh`${show} && sleep 10 && echo --- && ${show}`, (answer) => {
    const [before = '', after = ''] = answered(answer, `the state of ${unit} over 10s`).split('---\n')
    return { before: readState(before), after: readState(after) }
  })
}

function readState(text: string): UnitState {
  const value = readUnitProperties(text)
  return {
    exists: value.get('LoadState') !== 'not-found',
    active: value.get('ActiveState') ?? '',
    enabled: value.get('UnitFileState') ?? '',
    invocation: value.get('InvocationID') ?? '',
    restarts: Number(value.get('NRestarts') ?? 0),
  }
}
