import { satisfied } from '../../../model/check.ts'
import type { Duration } from '../../../model/duration.ts'
import { warning } from '../../../model/note.ts'
import { type Audit, audit, type Gate, gate, type Reboot, type Step } from '../../../model/step.ts'
import { novaCompute } from '../../facts/openstack/services.ts'
import { unitState } from '../../facts/units.ts'
import { guestsStopped } from '../guests-stopped.ts'
import { noGuestsRunning } from '../host-gates.ts'
import { computeService, computeServiceDisabled, type InCloud, serviceNotes } from './compute-service.ts'
import { guestsCanBeMoved, guestsMovedAway, type MovingParts } from './guests-moved-away.ts'

/** What happens to the guests of a host that restarts, and to nova's wish to place more on it. */
export interface DrainWish {
  readonly drain: 'require-empty' | 'migrate' | 'stop-guests' | 'ignore'
  /** Absent: nova is not told. `migrate` needs it. */
  readonly cloud?: string | undefined
  readonly computeHost?: string | undefined
  readonly coldMigration: boolean
  readonly drainTimeout: string
}

export interface DrainedSteps {
  readonly restart: Reboot
  /** What must hold before guests run again. */
  readonly booted: readonly Step[]
  /** What must hold before nova places guests again. */
  readonly ready: readonly Step[]
}

/** Gates that the restart carries itself: asked again directly before it. */
export const restartGates = ({ drain }: Pick<DrainWish, 'drain'>): readonly Gate[] =>
  drain === 'require-empty' || drain === 'migrate' ? [noGuestsRunning] : []

/** What stops a host before anything is touched, or says what is about to happen to its guests. */
export function canBeDrained(wish: DrainWish, { restart, booted, ready }: DrainedSteps): readonly (Gate | Audit)[] {
  const place = inCloud(wish)
  if (place === null) return wish.drain === 'ignore' ? [] : [novaIsLeftAlone(restart)]
  const known = serviceKnown(place, [restart, ...booted, ...ready])
  return wish.drain === 'migrate' ? [known, guestsCanBeMoved(moving(wish, place), restart)] : [known]
}

/** A restart and what belongs to it, with the host drained as wished around it. */
export function drained(wish: DrainWish, { restart, booted, ready }: DrainedSteps): readonly Step[] {
  const place = inCloud(wish)
  const steps = [...withoutGuests(wish, place, restart, booted), ...ready]
  return place === null ? steps : [computeServiceDisabled({ ...place, afterFailure: 'keep' }, steps)]
}

function withoutGuests(
  wish: DrainWish,
  place: InCloud | null,
  restart: Reboot,
  booted: readonly Step[],
): readonly Step[] {
  if (wish.drain === 'stop-guests') return [guestsStopped([restart, ...booted])]
  if (wish.drain === 'migrate' && place) return [guestsMovedAway(moving(wish, place), [restart]), ...booted]
  return [restart, ...booted]
}

const inCloud = ({ cloud, computeHost }: DrainWish): InCloud | null =>
  cloud === undefined ? null : { cloud, computeHost }

const moving = ({ coldMigration, drainTimeout }: DrainWish, place: InCloud): MovingParts => ({
  ...place,
  cold: coldMigration,
  // The pattern of the parameter admits only durations.
  within: drainTimeout as Duration,
})

/** Nova knows the host; what is about to happen there is said where one of the steps is to come. */
const serviceKnown = (place: InCloud, steps: readonly Step[]): Gate =>
  gate({
    id: 'compute-service-known',
    async check(host) {
      const changes = steps.filter((step) => step.kind === 'step' || step.kind === 'reboot')
      const answers = await Promise.all(changes.map((step) => step.check(host)))
      if (answers.every(({ state }) => state === 'satisfied')) return satisfied('nothing is to come')
      const service = await computeService(host, place)
      return satisfied(`nova knows it as ${service.host}`, { notes: serviceNotes(service) })
    },
  })

const novaIsLeftAlone = (restart: Reboot): Audit =>
  audit({
    id: 'nova-is-left-alone',
    async check(host) {
      const unit = await host.ask(novaCompute.unit)
      const active = unit !== null && (await host.ask(unitState(unit))).active === 'active'
      const pending = active && (await restart.check(host)).state !== 'satisfied'
      const text = `nova-compute runs on ${host.name}: the scheduler may place guests on it while it reboots; with cloud=NAME it is told not to`
      return satisfied('nova is told nothing', { notes: pending ? [warning('E_NOVA_ENABLED', text)] : [] })
    },
  })
