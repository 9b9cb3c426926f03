import { type BlockedCheck, blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import { Blocked } from '../../../model/errors.ts'
import { info } from '../../../model/note.ts'
import type { FileState, Probe, Session } from '../../../model/probe.ts'
import { type Audit, audit, type ChangeStep, type Gate, gate, step } from '../../../model/step.ts'
import { unitState } from '../../facts/units.ts'
import { managedElsewhere } from '../openstack/service-configuration.ts'
import { isOwned, notOurs, ownedText } from '../owned-file.ts'
import { bootWays } from './boot-ways.ts'
import { type Persisted, type Persistence, type ProfileSettings, persistedTarget } from './offload-persistence.ts'
import type { OffloadWish } from './offload-targets.ts'
import { offloadsInForce } from './offloads-set.ts'

/** What was not as wished, as first found: enough to take away exactly what the step added. */
export type PersistentFound = {
  readonly files: readonly { readonly path: string; readonly before: string; readonly folder: string | null }[]
  readonly units: readonly string[]
  readonly profiles: readonly { readonly uuid: string; readonly before: Readonly<Record<string, string>> }[]
}

export interface PersistenceParts {
  readonly runbook: string
  readonly persist: Persistence
}

/** Has whoever brings an interface up switch its features too: a profile, a file of its own, or a unit. */
export function offloadsPersistent(wish: OffloadWish, parts: PersistenceParts): ChangeStep<PersistentFound> {
  return step<PersistentFound>({
    id: 'offloads-persistent',
    async check(host): Promise<Check<PersistentFound>> {
      const [looked, inForce] = await Promise.all([look(host, wish, parts), offloadsInForce(host, wish)])
      if ('state' in looked) return looked
      const open = await openOf(host, looked)
      const foreign = open.files.find(
        ({ own, now }) => own && now.state === 'present' && !isOwned(now.text, parts.runbook),
      )
      if (foreign) return notOurs(foreign.path, parts.runbook)
      const changes = changesInWords(open)
      if (changes.length === 0) return satisfied(placesInWords(looked))
      const found: PersistentFound = {
        files: open.files.map(({ path, now, folder }) => ({ path, before: now.fingerprint, folder })),
        units: open.units,
        profiles: open.profiles.map(({ uuid, before }) => ({ uuid, before })),
      }
      const notes = inForce ? [info('I_DRIFT', 'in force now, but the next boot would forget it')] : []
      const diff = [
        open.files.map(({ now }) => now.text).join(''),
        open.files.map(({ text }) => text).join(''),
      ] as const
      return needed(changes.join('; '), found, { notes, diff })
    },
    async apply(host, { files, units }) {
      const looked = await look(host, wish, parts)
      if ('state' in looked) throw new Blocked(looked.because, { code: looked.code, remedy: looked.remedy })
      const folders = files.flatMap(({ folder }) => folder ?? [])
      if (folders.length > 0) await host.run(sh`mkdir -p -- ${folders}`)
      for (const { path, text } of looked.files) {
        const before = files.find((file) => file.path === path)?.before
        if (before !== undefined) await host.write(path, text, { replacing: before })
      }
      if (units.length > 0) await host.run(sh`systemctl daemon-reload && systemctl enable ${units}`)
      for (const { uuid, path, set } of looked.profiles) {
        if (Object.keys(set).length === 0) continue
        await host.keep(path)
        await host.run(sh`nmcli connection modify ${uuid} ${pairs(set)}`)
      }
    },
    rollback,
  })
}

/** Stops a host on which another tool writes a file of the operator's that would be edited. */
export const offloadFilesAreUnmanaged = (wish: OffloadWish, parts: PersistenceParts): Gate =>
  gate({
    id: 'offload-files-are-unmanaged',
    async check(host) {
      const looked = await look(host, wish, parts)
      const edited = 'state' in looked ? [] : looked.files.filter(({ own, text, now }) => !own && text !== now.text)
      return managedElsewhere(edited.map(({ now }) => now)) ?? satisfied('no other tool owns a file that is edited')
    },
  })

/** Says that a boot forgets the features. */
export const offloadsForgottenAtBoot: Audit = audit({
  id: 'offloads-forgotten-at-boot',
  async check() {
    return satisfied('persist=none', {
      notes: [
        info('I_NOT_PERSISTENT', 'the features are as before after the next boot, or when the driver is loaded again'),
      ],
    })
  },
})

interface Looked {
  readonly files: readonly WishedFile[]
  readonly units: readonly string[]
  readonly profiles: readonly ProfileSettings[]
}

interface WishedFile {
  readonly path: string
  readonly folder: string | null
  /** Ours as a whole, or the operator's with a few words of ours? */
  readonly own: boolean
  readonly now: FileState
  readonly text: string
}

async function look(host: Probe, wish: OffloadWish, { runbook, persist }: PersistenceParts) {
  const { targets, ways } = await bootWays(host, wish, persist)
  const plans = targets.flatMap((target) => persistedTarget(target, ways, persist) ?? [])
  const impossible = plans.flatMap((plan) => (plan.kind === 'impossible' ? [plan.because] : []))
  if (impossible.length > 0) return cannotPersist(host.name, impossible)
  const possible = plans.filter((plan) => plan.kind !== 'impossible')
  const paths = new Set(possible.flatMap((plan) => (plan.kind === 'profile' ? [] : [plan.path])))
  const files = await Promise.all([...paths].map(async (path) => wishedFile(await host.read(path), possible, runbook)))
  const units = possible.flatMap((plan) => (plan.kind === 'own-file' && plan.unit !== null ? [plan.unit] : []))
  return { files, units, profiles: possible.filter((plan) => plan.kind === 'profile') } satisfies Looked
}

/** A file with everything that all interfaces want in it. */
function wishedFile(now: FileState, plans: readonly Persisted[], runbook: string): WishedFile {
  const own = plans.find((plan) => plan.kind === 'own-file' && plan.path === now.path)
  if (own?.kind === 'own-file') {
    return { path: now.path, folder: own.folder, own: true, now, text: ownedText(runbook, own.body) }
  }
  const text = plans.reduce(
    (all, plan) => (plan.kind === 'edited-file' && plan.path === now.path ? plan.edit(all) : all),
    now.text,
  )
  return { path: now.path, folder: null, own: false, now, text }
}

/** What is not as wished yet. */
async function openOf(host: Probe, { files, units, profiles }: Looked): Promise<Looked> {
  const states = await Promise.all(units.map((unit) => host.ask(unitState(unit))))
  return {
    files: files.filter(({ text, now }) => text !== now.text),
    units: units.filter((_unit, at) => states[at]?.enabled !== 'enabled'),
    profiles: profiles.filter(({ set }) => Object.keys(set).length > 0),
  }
}

async function rollback(host: Session, { files, units, profiles }: PersistentFound): Promise<void> {
  for (const { uuid, before } of profiles) {
    // Whoever took the profile away has taken our settings away with it.
    await host.run(
      sh`if nmcli -g connection.id connection show ${uuid} >/dev/null 2>&1; then nmcli connection modify ${uuid} ${pairs(before)}; fi`,
    )
  }
  for (const unit of units)
    await host.run(sh`if [ -e ${`/etc/systemd/system/${unit}`} ]; then systemctl disable ${unit}; fi`)
  for (const { path, before } of files) await host.restore(path, before)
  if (units.length > 0) await host.run(sh`systemctl daemon-reload`)
  const folders = files.flatMap(({ folder }) => folder ?? [])
  if (folders.length > 0) await host.run(sh`rmdir --ignore-fail-on-non-empty -- ${folders} 2>/dev/null || true`)
}

/** Words for `nmcli connection modify`; an empty value has the profile leave the property alone again. */
const pairs = (settings: Readonly<Record<string, string>>): readonly string[] => Object.entries(settings).flat()

const changesInWords = ({ files, units, profiles }: Looked): readonly string[] => {
  const paths = (own: boolean) => files.filter((file) => file.own === own).map(({ path }) => path)
  const some = (verb: string, names: readonly string[]) => (names.length > 0 ? [`${verb} ${names.join(', ')}`] : [])
  return [
    ...some('write', paths(true)),
    ...some('edit', paths(false)),
    ...some('enable', units),
    ...profiles.map(({ name, set }) => `set ${pairs(set).join(' ')} in the profile ${name}`),
  ]
}

const placesInWords = ({ files, profiles }: Looked): string => {
  const places = [...files.map(({ path }) => path), ...profiles.map(({ name }) => `the profile ${name}`)]
  return places.length > 0 ? `written in ${places.join(', ')}` : 'nothing can be switched, so nothing is written'
}

const cannotPersist = (host: string, because: readonly string[]): BlockedCheck =>
  blocked({
    code: 'E_PERSIST_UNKNOWN',
    because: `${host}: ${because.join('; ')}`,
    remedy: 'Set persist=systemd-unit, which can switch every feature, or persist=none.',
    absolute: true,
  })
