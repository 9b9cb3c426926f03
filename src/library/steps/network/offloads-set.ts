import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { type Command, sh } from '../../../model/command.ts'
import { CommandFailed } from '../../../model/errors.ts'
import { type Note, warning } from '../../../model/note.ts'
import type { Probe, Session } from '../../../model/probe.ts'
import { type ChangeStep, type Guarded, guarded, step } from '../../../model/step.ts'
import { featuresOf, lineDevice } from '../../facts/network/nics.ts'
import { compareFeatures, requestsOf } from '../../formats/network/compare-features.ts'
import { featuresNamed, nameForTool, type Switch } from '../../formats/network/features.ts'
import { carriersOf } from '../../formats/network/nics.ts'
import { inOrder } from '../../formats/network/offload-files.ts'
import { fixedOtherwise, offloadRefusal } from './offload-refusals.ts'
import { type OffloadWish, type Target, targetsOf } from './offload-targets.ts'

/** What each interface is asked for, and what had been asked of each feature behind that before. */
export type OffloadsFound = { readonly interfaces: readonly FoundFeatures[] }
type FoundFeatures = {
  readonly name: string
  readonly switches: Readonly<Record<string, Switch>>
  readonly before: Readonly<Record<string, Switch>>
}

/** The features of every interface over which the host is not managed. */
export const offloadsSet = (wish: OffloadWish): ChangeStep<OffloadsFound> =>
  step<OffloadsFound>({
    id: 'offloads-set',
    check: (host) => checkOffloads(host, wish, 'beside-the-line'),
    apply: (host, found) => host.run(switchCommand(found)),
    rollback: putBack,
  })

/**
 * The features of the interfaces over which the host is managed: some drivers reset the link. The host puts them back by
 * itself unless it can be reached again in time. Where it cannot be found out which they are, all of them are.
 */
export const offloadsSetOnTheLine = (wish: OffloadWish): Guarded<OffloadsFound> =>
  guarded<OffloadsFound>({
    id: 'offloads-set-on-the-line',
    within: '60s',
    check: (host) => checkOffloads(host, wish, 'on-the-line'),
    apply: (host, found) => host.run(switchCommand(found)),
    rollback: putBack,
    revert: backCommand,
  })

/** Are the wished features in force on every interface, on the line or beside it? */
export async function offloadsInForce(host: Probe, wish: OffloadWish): Promise<boolean> {
  const { targets } = await targetsOf(host, wish)
  return targets.every(({ features }) => {
    const { differ, refused } = compareFeatures(features, wish.features)
    return differ.length === 0 && refused.length === 0
  })
}

/** How the interfaces on the way to the host, or all others, stand to the wish. */
export async function checkOffloads(
  host: Probe,
  wish: OffloadWish,
  where: 'on-the-line' | 'beside-the-line',
): Promise<Check<OffloadsFound>> {
  const [picked, device] = await Promise.all([targetsOf(host, wish), host.ask(lineDevice)])
  const { all, targets } = picked
  const refusal = offloadRefusal(host.name, wish, picked)
  if (refusal) return refusal
  const carriers = device === null ? null : carriersOf(all, device)
  const onTheLine = (name: string) => carriers === null || name === device || carriers.has(name)
  const own = targets.filter(({ nic }) => onTheLine(nic.name) === (where === 'on-the-line'))
  if (own.length === 0) return satisfied(`no wished interface is ${where.replaceAll('-', ' ')}`)
  const check = decideOffloads(host.name, wish, own)
  if (check.state !== 'needed' || where === 'beside-the-line') return check
  return { ...check, notes: [lineNote(check.found, { known: carriers !== null }), ...check.notes] }
}

/** Pure: what is to be switched on these interfaces. */
export function decideOffloads(host: string, wish: OffloadWish, targets: readonly Target[]): Check<OffloadsFound> {
  const notes = [
    ...targets.flatMap((one) => fixedOtherwise(one, wish).map((text) => warning('W_FEATURE_FIXED', text))),
    ...targets.flatMap((one) => hardwareGroNotes(one, wish)),
  ]
  const compared = targets.map((one) => ({ ...one, ...compareFeatures(one.features, wish.features) }))
  const open = compared.filter(({ differ }) => differ.length > 0)
  const refused = compared.filter((one) => one.refused.length > 0)
  if (open.length === 0 && refused.length > 0) {
    const asked = refused.map((one) => `${one.nic.name} was asked for ${inWords(wish, one.refused)} and does not do it`)
    return blocked({
      code: 'E_OFFLOAD_PARTIAL',
      because: `${host}: ${asked.join('; ')}`,
      remedy: 'Another feature forbids it: tso needs tx and sg. Wish that too, or leave this one out.',
      notes,
    })
  }
  if (open.length === 0) {
    const names = inOrder(wish.features).map(([name]) => name)
    return satisfied(targets.map(({ nic }) => `${nic.name} has ${inWords(wish, names)}`).join('; '), { notes })
  }
  const interfaces = open.map(({ nic, features, differ, refused: again }) => {
    // A refused one is asked for again: what it depends on may be among those that change now.
    const names = [...differ, ...again].sort()
    const switches = Object.fromEntries(names.map((name) => [nameForTool(name), wish.features[name] ?? 'off']))
    return { name: nic.name, switches, before: requestsOf(features, names) }
  })
  const changes = interfaces.map(({ name, switches }) => `${name} ${wordsOf(switches).join(' ')}`)
  return needed(`switch ${changes.join('; ')}`, { interfaces }, { notes: [...notes, ...slownessNotes(interfaces)] })
}

function lineNote({ interfaces }: OffloadsFound, { known }: { readonly known: boolean }): Note {
  const names = interfaces.map(({ name }) => name).join(', ')
  const why = known ? 'carries the connection to the host' : 'may carry the connection to the host'
  return warning('W_MGMT', `${names} ${why}: some drivers reset the link; the host puts it back by itself within 60s`)
}

function slownessNotes(interfaces: OffloadsFound['interfaces']): readonly Note[] {
  const off = ['tso', 'gso', 'gro'].filter((name) => interfaces.some(({ switches }) => switches[name] === 'off'))
  if (off.length === 0) return []
  const text = `without ${off.join(', ')} a fast card often moves less and needs more of the processor, above all with VXLAN or Geneve: measure before and after`
  return [warning('W_OFFLOAD_2026', text)]
}

/** Most drivers let go of it together with GRO. One that does not still hands merged packets to the host. */
function hardwareGroNotes({ nic, features }: Target, wish: OffloadWish): readonly Note[] {
  const gro = featuresNamed(features, 'gro')
  const left = gro.length > 0 && gro.every(({ active }) => !active) && features.get('rx-gro-hw')?.active === true
  if (wish.features.gro !== 'off' || 'rx-gro-hw' in wish.features || !left) return []
  const text = `gro of ${nic.name} is off and rx-gro-hw is on: the card itself still merges packets; wish rx-gro-hw=off too`
  return [warning('W_HARDWARE_GRO', text)]
}

const inWords = ({ features }: OffloadWish, names: readonly string[]): string =>
  names.map((name) => `${name} ${features[name]}`).join(' ')

/** One command over all interfaces; only features that can change and differ are named. */
const switchCommand = ({ interfaces }: OffloadsFound): Command =>
  inTurn(interfaces.map(({ name, switches }) => sh`ethtool -K ${name} ${wordsOf(switches)} || r=1;`))

/** As it was asked for before. ethtool ends with 1 where nothing came of it, as of a member that another forbids. */
const backCommand = ({ interfaces }: OffloadsFound): Command =>
  inTurn(
    interfaces.map(
      ({ name, before }) =>
        sh`if [ -e ${`/sys/class/net/${name}`} ]; then ethtool -K ${name} ${wordsOf(before)} || [ $? -eq 1 ] || r=1; fi;`,
    ),
  )

const inTurn = (commands: readonly Command[]): Command =>
  sh`r=0; ${commands.reduce((all, one) => sh`${all} ${one}`, sh``)} exit "$r"`

const wordsOf = (switches: Readonly<Record<string, Switch>>): readonly string[] =>
  Object.entries(switches).flatMap(([name, value]) => [nameForTool(name), value])

/** Puts back what was asked for, and proves it by reading: the exit code does not. */
async function putBack(host: Session, found: OffloadsFound): Promise<void> {
  await host.run(backCommand(found))
  const now = await host.ask(featuresOf(found.interfaces.map(({ name }) => name)))
  const left = found.interfaces.flatMap(({ name, before }) =>
    Object.entries(before)
      .filter(([feature, value]) => (now.get(name)?.get(feature)?.requested ?? value === 'on') !== (value === 'on'))
      .map(([feature, value]) => `${feature} of ${name} is not ${value}`),
  )
  if (left.length === 0) return
  throw new CommandFailed(`not every offload could be put back: ${left.join('; ')}`, {
    code: 'E_OFFLOAD_PARTIAL',
    exitCode: 0,
    tail: '',
    remedy: 'Look at ethtool -k, and put it back by hand: ethtool -K INTERFACE FEATURE on|off.',
  })
}
