import type { Change, ChangeAnswer, ChangeRequest, Guard, Marker, OwnerRecord } from '../../engine/guard-port.ts'
import { milliseconds } from '../../model/duration.ts'
import { Blocked, HostUnreachable, NotOwner } from '../../model/errors.ts'
import type { Token } from '../../model/event.ts'
import { cutUnfinished, type FakeHost, fireFake, rebootFake, runFake } from './fake-host.ts'

/** Moments at which a test may kill the controller: the hook throws, the host goes on by itself. */
export type Moment =
  | 'claimed'
  | 'started'
  | 'changed'
  | 'reboot-requested'
  | 'armed'
  | 'disarmed'
  | 'released'
  | 'unlocked'

export interface FakeGuardParts {
  readonly host: FakeHost
  readonly now: () => number
  readonly moment: (moment: Moment, host: FakeHost) => void
  /** Throws when the line is gone: called at the beginning of each call. */
  readonly alive: () => void
  /** `off` leaves out the host's own refusal of stale tokens: to show that a test needs it. */
  readonly fence: 'on' | 'off'
}

/** The on-host guard's rules, in memory: the same promises as the script that real hosts run. */
export function fakeGuard({ host, now, moment, alive, fence }: FakeGuardParts): Guard {
  const holdsToken = (token: Token) => {
    const { owner } = host
    if (fence === 'off' || (owner?.state === 'owned' && same(owner.token, token))) return
    host.counters.refused.push(`${token.run} ${token.epoch}`)
    throw locked(host, owner)
  }
  const switchOf = (step: string, attempt: number) => (host.switch?.key === `${step}.${attempt}` ? host.switch : null)
  return {
    async inspect(run) {
      alive()
      if (!BOOT_ID.test(host.bootId)) {
        const why = `${host.name} gave no boot id but "${host.bootId}"`
        throw new HostUnreachable(why, { stage: 'lost', retry: true, code: 'E_BOOT_ID' })
      }
      return { bootId: host.bootId, owner: host.owner, markers: host.markers.filter((marker) => marker.run === run) }
    },
    async claim({ run, journal, controller, atLeast, random, lease }) {
      alive()
      const { owner } = host
      const mine = owner?.token.run === run && owner.journal === journal
      if (mine ? lease < owner.lease : owner?.state === 'owned' && owner.token.run !== '') throw locked(host, owner)
      const token: Token = { epoch: Math.max(owner?.token.epoch ?? 0, atLeast) + 1, run, random }
      host.owner = { state: 'owned', token, journal, controller, bootId: host.bootId, since: 0, now: 0, lease }
      moment('claimed', host)
      return { token, bootId: host.bootId }
    },
    async change(request) {
      alive()
      finishUnfinished(host)
      holdsToken(request.token)
      host.unfinished = { request, marker: host.markers.push(marker(request)) - 1 }
      moment('started', host)
      const answer = finishUnfinished(host)
      moment('changed', host)
      return answer ?? never()
    },
    async settleRunning(run) {
      alive()
      finishUnfinished(host)
      return host.markers.filter((one) => one.run === run)
    },
    async requestReboot({ token, oldBootId }) {
      alive()
      holdsToken(token)
      if (host.bootId !== oldBootId) return 'other-boot'
      if (host.onReboot === 'takes-the-second') {
        host.onReboot = 'reboots'
        return 'going-down'
      }
      const known = host.rebootUnits.has(token.run)
      host.rebootUnits.add(token.run)
      if (!known && host.onReboot !== 'ignores') rebootFake(host, now())
      moment('reboot-requested', host)
      return known ? 'already-requested' : 'requested'
    },
    async cancelReboot({ token }) {
      alive()
      holdsToken(token)
      return host.rebootUnits.delete(token.run) ? 'stopped' : 'none'
    },
    async arm({ token, step, attempt, within, revert }) {
      alive()
      holdsToken(token)
      const old = host.switch?.key.replace(/\.\d+$/, '') === step ? host.switch : null
      const fired = old?.exitCode === 0 ? 'reverted' : 'fired'
      const before = old === null ? 'none' : old.state === 'fired' ? fired : 'disarmed'
      const firesAt = now() + milliseconds(within)
      host.switch = { run: token.run, key: `${step}.${attempt}`, firesAt, revert, state: 'armed', exitCode: null }
      moment('armed', host)
      return before
    },
    async disarm({ token, step, attempt }) {
      alive()
      const armed = switchOf(step, attempt)
      if (armed?.state !== 'armed') return armed?.state ?? 'none'
      holdsToken(token)
      armed.state = 'disarmed'
      moment('disarmed', host)
      return 'disarmed'
    },
    async fire({ token, step, attempt }) {
      alive()
      const armed = switchOf(step, attempt)
      if (armed?.state !== 'armed') return armed?.state === 'fired' ? 'had-fired' : (armed?.state ?? 'none')
      holdsToken(token)
      fireFake(host, armed.firesAt)
      return 'fired'
    },
    async release({ token, head }) {
      alive()
      holdsToken(token)
      if (host.owner) host.owner = { ...host.owner, state: 'released', head }
      moment('released', host)
    },
    async unlock(run) {
      alive()
      const ended = host.unfinished?.request.token.run === run ? [`a command of ${run}`] : []
      endUnfinished(host, run)
      host.rebootUnits.delete(run)
      if (host.switch?.run === run && host.switch.state === 'armed') {
        ended.push(host.switch.key.replace(/\.\d+$/, ''))
        fireFake(host, host.switch.firesAt)
      }
      const epoch = (host.owner?.token.epoch ?? 0) + 1
      if (host.owner) host.owner = { ...host.owner, state: 'released', token: { epoch, run: '', random: '' } }
      moment('unlocked', host)
      return { ended, epoch }
    },
    async endRunning(run) {
      alive()
      endUnfinished(host, run)
    },
    async clean(runs) {
      alive()
      const kept = host.manifest.filter((line) => !runs.includes(line.run))
      host.manifest.splice(0, host.manifest.length, ...kept)
      return runs
    },
  }
}

const BOOT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const same = (a: Token, b: Token): boolean => a.epoch === b.epoch && a.run === b.run && a.random === b.random

const marker = ({ token, step, act, attempt, n }: ChangeRequest): Marker => ({
  run: token.run,
  step,
  act,
  attempt,
  n,
  state: 'running',
  exitCode: null,
})

function locked(host: FakeHost, owner: OwnerRecord | null): NotOwner {
  const run = owner?.token.run || 'nobody'
  return new NotOwner(`${host.name} is owned by run ${run} of ${owner?.controller ?? 'nobody'}`, {
    code: 'E_LOCKED',
    remedy: `Wait for it, or: runbook unlock ${run}`,
  })
}

/** Lets the change that runs on the host come to its end, and gives its answer. */
export function finishUnfinished(host: FakeHost): ChangeAnswer | null {
  if (host.unfinished === null) return null
  const { request, marker: at } = host.unfinished
  host.unfinished = null
  const answer = applyChange(host, request)
  host.markers[at] = { ...marker(request), state: 'ended', exitCode: answer.kind === 'ended' ? answer.exitCode : 0 }
  return answer
}

/** As the script does: a command is ended; a change of a file is over in a moment and is let be. */
function endUnfinished(host: FakeHost, run: string): void {
  if (host.unfinished?.request.token.run !== run) return
  if (host.unfinished.request.change.kind === 'command') cutUnfinished(host, { exitCode: 143 })
  else finishUnfinished(host)
}

function applyChange(host: FakeHost, request: ChangeRequest): ChangeAnswer {
  const { change, readBy, pays } = request
  host.counters.changes.push(describe(change))
  if (readBy && host.units.has(readBy)) host.pending.set(readBy, 'any')
  const answer = perform(host, request)
  const unit = readBy === undefined ? undefined : host.units.get(readBy)
  if (readBy && unit) host.pending.set(readBy, unit)
  if (pays && answer.kind === 'ended' && answer.exitCode === 0) host.pending.delete(pays)
  return answer
}

const describe = (change: Change): string => (change.kind === 'command' ? change.text : `${change.kind} ${change.path}`)

function perform(host: FakeHost, { change, token, step }: ChangeRequest): ChangeAnswer {
  if (change.kind === 'command') return { kind: 'ended', timedOut: false, ...runFake(host, change.text) }
  const old = host.files.get(change.path) ?? null
  const actual = fingerprint(old?.bytes)
  const note = (after: string) =>
    host.manifest.push({ run: token.run, path: change.path, step, before: actual, after, old })
  if (change.kind === 'keep') {
    note('later')
    return { kind: 'done', fingerprint: actual }
  }
  if (change.kind === 'restore') return restore(host, token.run, change)
  if (actual !== change.replacing)
    return { kind: 'conflict', actual, text: `expected ${change.replacing}, found ${actual}` }
  if (change.kind === 'remove') {
    note('absent')
    host.files.delete(change.path)
    return { kind: 'done', fingerprint: 'absent' }
  }
  const after = fingerprint(change.content)
  note(after)
  const { mode = '0644', owner = '0:0' } = old ?? { mode: change.mode }
  host.files.set(change.path, { bytes: change.content, mode: mode ?? '0644', owner })
  return { kind: 'done', fingerprint: after }
}

function restore(host: FakeHost, run: string, { path, before }: { path: string; before: string }): ChangeAnswer {
  const actual = fingerprint(host.files.get(path)?.bytes)
  if (actual === before) return { kind: 'done', fingerprint: before }
  const lines = host.manifest.filter((line) => line.run === run && line.path === path)
  const mine = lines.find((line) => line.before === before)
  const known = lines.some(({ after }) => after === actual || after === 'later')
  if (!mine || !known) return { kind: 'conflict', actual, text: `this run left another file than ${actual}` }
  if (mine.old) host.files.set(path, mine.old)
  else host.files.delete(path)
  return { kind: 'done', fingerprint: before }
}

/** The fingerprint of bytes in the fake world: no real digest (those are asynchronous), but as short and as telling. */
export function fingerprint(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return 'absent'
  const digest = bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 16_777_619) >>> 0, 2_166_136_261)
  return `sha256:${digest.toString(16).padStart(8, '0')}-${bytes.length}`
}

function never(): never {
  throw new Blocked('a fake change gave no answer')
}
