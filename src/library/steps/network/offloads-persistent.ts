import { type BlockedCheck, blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import { info } from '../../../model/note.ts'
import type { FileState, Probe } from '../../../model/probe.ts'
import { type Audit, audit, type ChangeStep, step } from '../../../model/step.ts'
import { systemdVersion } from '../../facts/system.ts'
import { type UnitState, unitState } from '../../facts/units.ts'
import { isOwned, notOurs, ownedText } from '../owned-file.ts'
import { type Persisted, type Persistence, persistedTarget } from './offload-persistence.ts'
import { type OffloadWish, targetsOf } from './offload-targets.ts'
import { offloadsInForce } from './offloads-set.ts'

/** The files and units that were not as wished: enough to take away exactly what the step added. */
export type PersistentFound = {
  readonly files: readonly { readonly path: string; readonly before: string; readonly folder: string | null }[]
  readonly units: readonly string[]
}

export interface PersistenceParts {
  readonly runbook: string
  readonly persist: Persistence
}

interface Looked {
  readonly one: Persisted
  readonly text: string
  readonly file: FileState
  readonly unit: UnitState | null
}

/** Files that have udev or systemd switch the features whenever an interface appears. */
export function offloadsPersistent(
  wish: OffloadWish,
  { runbook, persist }: PersistenceParts,
): ChangeStep<PersistentFound> {
  const look = async (host: Probe): Promise<readonly Looked[] | BlockedCheck> => {
    const [{ all, targets }, systemd] = await Promise.all([targetsOf(host, wish), host.ask(systemdVersion)])
    const ethtool = all.ethtool ?? ''
    const plans = targets.flatMap(
      (target) => persistedTarget(target, { wish: wish.features, persist, systemd, ethtool }) ?? [],
    )
    const impossible = plans.flatMap((plan) => ('because' in plan ? [plan.because] : []))
    if (impossible.length > 0) return cannotPersist(host.name, impossible)
    return Promise.all(
      plans
        .filter((plan) => 'path' in plan)
        .map(async (one) => {
          const [file, unit] = await Promise.all([host.read(one.path), one.unit ? host.ask(unitState(one.unit)) : null])
          return { one, text: ownedText(runbook, one.body), file, unit }
        }),
    )
  }
  return step<PersistentFound>({
    id: 'offloads-persistent',
    async check(host): Promise<Check<PersistentFound>> {
      const [looked, inForce] = await Promise.all([look(host), offloadsInForce(host, wish)])
      if ('state' in looked) return looked
      const foreign = looked.find(({ file }) => file.state === 'present' && !isOwned(file.text, runbook))
      if (foreign) return notOurs(foreign.one.path, runbook)
      const write = looked.filter(({ text, file }) => file.text !== text)
      const units = looked.flatMap(({ one, unit }) => (one.unit && unit?.enabled !== 'enabled' ? [one.unit] : []))
      if (write.length === 0 && units.length === 0) {
        return satisfied(
          `written in ${looked.map(({ one }) => one.path).join(', ') || 'no file: nothing can be switched'}`,
        )
      }
      const found: PersistentFound = {
        files: write.map(({ one, file }) => ({ path: one.path, before: file.fingerprint, folder: one.folder })),
        units,
      }
      const notes = inForce ? [info('I_DRIFT', 'in force now, but the next boot would forget it')] : []
      const diff = [write.map(({ file }) => file.text).join(''), write.map(({ text }) => text).join('')] as const
      return needed(changeInWords(found), found, { notes, diff })
    },
    async apply(host, { files, units }) {
      const looked = await look(host)
      const texts = new Map('state' in looked ? [] : looked.map(({ one, text }) => [one.path, text]))
      const folders = files.flatMap(({ folder }) => folder ?? [])
      if (folders.length > 0) await host.run(sh`mkdir -p -- ${folders}`)
      for (const { path, before } of files) await host.write(path, texts.get(path) ?? '', { replacing: before })
      if (units.length > 0) await host.run(sh`systemctl daemon-reload && systemctl enable ${units}`)
    },
    async rollback(host, { files, units }) {
      for (const unit of units)
        await host.run(sh`if [ -e ${`/etc/systemd/system/${unit}`} ]; then systemctl disable ${unit}; fi`)
      for (const { path, before } of files) await host.restore(path, before)
      if (units.length > 0) await host.run(sh`systemctl daemon-reload`)
      const folders = files.flatMap(({ folder }) => folder ?? [])
      if (folders.length > 0) await host.run(sh`rmdir --ignore-fail-on-non-empty -- ${folders} 2>/dev/null || true`)
    },
  })
}

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

const changeInWords = ({ files, units }: PersistentFound): string =>
  [
    ...(files.length > 0 ? [`write ${files.map(({ path }) => path).join(', ')}`] : []),
    ...(units.length > 0 ? [`enable ${units.join(', ')}`] : []),
  ].join('; ')

const cannotPersist = (host: string, because: readonly string[]): BlockedCheck =>
  blocked({
    code: 'E_PERSIST_UNKNOWN',
    because: `${host}: ${because.join('; ')}`,
    remedy: 'Set persist=systemd-unit, which can switch every feature, or persist=none.',
    absolute: true,
  })
