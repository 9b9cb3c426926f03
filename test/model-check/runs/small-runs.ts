import { needed, satisfied } from '../../../src/model/check.ts'
import { type Command, sh } from '../../../src/model/command.ts'
import type { Rollout } from '../../../src/model/runbook.ts'
import { during, guarded, once, reboot, type Step, step } from '../../../src/model/step.ts'
import { type FakeHost, textOf } from '../../../src/testing.ts'
import { toyRunbook } from '../../engine/toy.ts'
import { owed, put, smallHost } from './small-host.ts'
import type { SmallRun } from './small-run.ts'

/** How many hosts and steps, and how many hosts at a time. */
export interface Size {
  readonly hosts?: number
  readonly steps?: number
  readonly rollout?: Rollout
}

const TOGETHER: Rollout = { batches: ['100%'], maxFailed: 0 }
export const ONE_BY_ONE: Rollout = { batches: [1], maxFailed: 0 }

const numbers = (steps: number): readonly string[] => Array.from({ length: steps }, (_, index) => String(index + 1))

const reads = (file: string) => async (host: Parameters<Extract<Step, { kind: 'step' }>['check']>[0]) => {
  const { text } = await host.read(`/${file}`)
  return text === 'new' ? satisfied(`${file} is new`) : needed(`make ${file} new`, text)
}

interface Shape {
  readonly name: string
  readonly files: readonly string[]
  readonly steps: readonly Step[]
  readonly ids: readonly string[]
  readonly wished: (host: FakeHost) => readonly string[]
  readonly more?: Partial<SmallRun>
}

function small(
  { hosts = 1, rollout = TOGETHER }: Size,
  { name, files, steps, ids, wished, more = {} }: Shape,
): SmallRun {
  return {
    name,
    hosts,
    rollout,
    runbook: toyRunbook(steps, { rollout }),
    makeHost: (host) => smallHost(host, files),
    steps: ids,
    wished,
    asBefore: (host) => files.every((file) => textOf(host, `/${file}`) === 'old'),
    entered: () => [],
    ...more,
  }
}

const newFiles = (host: FakeHost, ids: readonly string[]): readonly string[] =>
  ids.filter((id) => textOf(host, `/${id}`) === 'new')

/** Files that are written by compare-and-swap. */
export function fileRun(size: Size = {}): SmallRun {
  const ids = numbers(size.steps ?? 3).map((number) => `file-${number}`)
  const steps = ids.map((id) => written(id))
  const undo = (host: FakeHost) => put(host, ids[0]!, 'old')
  return small(size, { name: 'files', files: ids, steps, ids, wished: (host) => newFiles(host, ids), more: { undo } })
}

const written = (id: string, readBy?: string) =>
  step<string>({
    id,
    check: async (host) => {
      const file = await host.read(`/${id}`)
      if (file.text === 'new') return satisfied(`${id} is new`)
      return needed(`make ${id} new`, file.fingerprint, readBy ? { readBy } : {})
    },
    apply: (host, before) => host.write(`/${id}`, 'new', { replacing: before, ...(readBy ? { readBy } : {}) }),
    rollback: (host, before) => host.restore(`/${id}`, before),
  })

/** Commands that pass a state between old and new: who dies there finds something else than what was there first. */
export function commandRun(size: Size = {}): SmallRun {
  const ids = numbers(size.steps ?? 3).map((number) => `command-${number}`)
  const steps = ids.map((id) =>
    step<string>({
      id,
      check: reads(id),
      async apply(host) {
        await host.run(sh`set ${bare(id)} half`)
        await host.run(sh`set ${bare(id)} new`)
      },
      rollback: (host, found) => host.run(sh`set ${bare(id)} ${bare(found)}`),
    }),
  )
  const undo = (host: FakeHost) => put(host, ids[0]!, 'old')
  return small(size, {
    name: 'commands',
    files: ids,
    steps,
    ids,
    wished: (host) => newFiles(host, ids),
    more: { undo },
  })
}

/** A word of a command that needs no quotes. */
const bare = (word: string): string => word

/** Files that a service reads, and the restart that they owe. */
export function restartRun(size: Size = {}): SmallRun {
  const files = numbers(Math.max(1, (size.steps ?? 3) - 1)).map((number) => `file-${number}`)
  const restart = step<null>({
    id: 'restarted',
    async check(host) {
      const { stdout } = await host.look`owed`
      return stdout === '' ? satisfied('nothing is owed', { watches: 'daemon' }) : needed('restart daemon', null)
    },
    apply: (host) => host.run(sh`restart daemon`, { pays: 'daemon' }),
    settle: { current: async (host) => (await host.look`owed`).stdout === '', apply: 'apply' },
  })
  return small(size, {
    name: 'restart debts',
    files,
    steps: [...files.map((id) => written(id, 'daemon')), restart],
    ids: [...files, 'restarted'],
    wished: (host) => [...newFiles(host, files), ...(owed(host) === '' ? ['restarted'] : [])],
  })
}

/** Reboots, each of which brings one boot more; with `useless` ones the first boot brings nothing. */
export function rebootRun({ useless = false, ...size }: Size & { readonly useless?: boolean } = {}): SmallRun {
  const ids = numbers(size.steps ?? 3).map((number) => `boot-${number}`)
  const steps = ids.map((id, index) =>
    reboot({
      id,
      async check(host) {
        const boots = Number((await host.look`boots`).stdout)
        return boots - (useless ? 1 : 0) > index ? satisfied(`boot ${index + 1} was`) : needed('reboot', null)
      },
      current: async () => true,
      entry: async () => 'the entry',
      notApplied: { code: 'E_CMDLINE_NOT_APPLIED', because: 'booted without it', remedy: 'Look.' },
      recovery: 'Use the console.',
    }),
  )
  const wished = (host: FakeHost) =>
    ids.filter((_, index) => Number(textOf(host, '/boots')) - (useless ? 1 : 0) > index)
  return small(size, { name: useless ? 'useless reboots' : 'reboots', files: [], steps, ids, wished })
}

/** Brackets in each other and behind each other, a file written in each. */
export function bracketRun(size: Size = {}): SmallRun {
  const count = size.steps ?? 3
  const ids = numbers(count).map((number) => `file-${number}`)
  const brackets = numbers(count).map((number) => `service-${number}`)
  const inner = count > 1 ? [stopped(brackets[1]!, [written(ids[1]!)])] : []
  const steps = [
    stopped(brackets[0]!, [written(ids[0]!), ...inner]),
    ...(count > 2 ? [stopped(brackets[2]!, [written(ids[2]!)])] : []),
  ]
  return small(size, {
    name: 'brackets',
    files: [...ids, ...brackets],
    steps,
    ids,
    wished: (host) => newFiles(host, ids),
    more: around(Object.fromEntries(ids.map((id, index) => [id, brackets[index]!]))),
  })
}

/** A service that is off meanwhile. */
const stopped = (id: string, steps: readonly Step[]) =>
  during<string>(
    {
      id,
      read: async (host) => (await host.read(`/${id}`)).text,
      enter: (host) => host.run(sh`set ${bare(id)} off`),
      leave: (host, found) => host.run(sh`set ${bare(id)} ${bare(found)}`),
    },
    steps,
  )

const around = (within: Readonly<Record<string, string>>): Partial<SmallRun> => ({
  within,
  entered: (host) => [...new Set(Object.values(within))].filter((bracket) => textOf(host, `/${bracket}`) !== 'old'),
})

/** A file that a boot makes the running system of, both in one bracket. */
export function bracketedRebootRun(size: Size = {}): SmallRun {
  const booted = reboot({
    id: 'booted',
    async check(host) {
      return (await host.read('/live')).text === 'new' ? satisfied('it runs') : needed('reboot', null)
    },
    current: async (host) => (await host.read('/live')).text === (await host.read('/file-1')).text,
    entry: async (host) => (await host.read('/file-1')).fingerprint,
    notApplied: { code: 'E_CMDLINE_NOT_APPLIED', because: 'booted without it', remedy: 'Look.' },
    recovery: 'Use the console.',
  })
  const ids = ['file-1', 'booted']
  return small(size, {
    name: 'a reboot in a bracket',
    files: ['file-1', 'live', 'service-1'],
    steps: [stopped('service-1', [written('file-1'), booted])],
    ids,
    wished: (host) => ids.filter((id) => textOf(host, id === 'booted' ? '/live' : '/file-1') === 'new'),
    more: around({ 'file-1': 'service-1', booted: 'service-1' }),
  })
}

/** Steps under a dead-man's switch. */
export function guardedRun(size: Size = {}): SmallRun {
  const ids = numbers(size.steps ?? 3).map((number) => `guarded-${number}`)
  const back = (id: string, found: string): Command => sh`set ${bare(id)} ${bare(found)}`
  const steps = ids.map((id) =>
    guarded<string>({
      id,
      within: '60s',
      check: reads(id),
      apply: (host) => host.run(sh`set ${bare(id)} new`),
      revert: (found) => back(id, found),
      rollback: (host, found) => host.run(back(id, found)),
    }),
  )
  return small(size, { name: 'guarded steps', files: ids, steps, ids, wished: (host) => newFiles(host, ids) })
}

/** Commands that no check can recognise. */
export function onceRun(size: Size = {}): SmallRun {
  const ids = numbers(size.steps ?? 3).map((number) => `once-${number}`)
  const steps = ids.map((id) => once({ id, does: `make ${id} new`, command: sh`set ${bare(id)} new` }))
  const wished = (host: FakeHost) => newFiles(host, ids)
  return small(size, {
    name: 'once-commands',
    files: ids,
    steps,
    ids,
    wished,
    more: { once: ids, asBefore: () => true },
  })
}

/** The first host refuses its second step, and the others must not be started. */
export function budgetRun({ hosts = 2, rollout = ONE_BY_ONE, steps = 3 }: Size = {}): SmallRun {
  const ids = numbers(steps).map((number) => `file-${number}`)
  const refused = step<string>({
    ...written(ids.at(-1)!),
    async check(host) {
      const { text } = await host.read(`/${ids.at(-1)}`)
      return text === 'new' ? satisfied('it is new') : needed('make it new', text)
    },
    apply: (host) => (host.name === 'hv-01' ? host.run`refuse` : host.run(sh`set ${bare(ids.at(-1)!)} new`)),
    rollback: (host, found) => host.run(sh`set ${bare(ids.at(-1)!)} ${bare(found)}`),
  })
  return small(
    { hosts, rollout },
    {
      name: 'a host that fails',
      files: ids,
      steps: [...ids.slice(0, -1).map((id) => written(id)), refused],
      ids,
      wished: (host) => newFiles(host, ids),
    },
  )
}

/** Each kind of step. */
export const ALL_KINDS: readonly ((size?: Size) => SmallRun)[] = [
  fileRun,
  commandRun,
  restartRun,
  rebootRun,
  bracketRun,
  bracketedRebootRun,
  guardedRun,
  onceRun,
]
