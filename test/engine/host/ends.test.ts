import { describe, expect, it } from 'vitest'

import { advance } from '../../../src/engine/advance.ts'
import { Blocked, HostUnreachable, Interrupted, JournalFailed, LeaseLost } from '../../../src/model/errors.ts'
import type { Event } from '../../../src/model/event.ts'
import { during } from '../../../src/model/step.ts'
import { fakeHost, memoryJournal, textOf } from '../../../src/testing.ts'
import { approved, begun, claimed, controlled, ended, planned, plannedStep, released } from '../rows.ts'
import { crossing } from '../steps/cross.ts'
import { withGuard } from '../steps/with-guard.ts'
import { written } from '../steps/written.ts'
import { serviceOff, toyHost } from '../toy.ts'
import { inHand, ownerOf } from './in-hand.ts'

const ready = [planned({ steps: [plannedStep('one', 'needed')] }), approved()]
const aborted = AbortSignal.abort()
const lost = () => new HostUnreachable('hv-01: no answer', { stage: 'lost', retry: true, code: 'E_LOST' })
const rebooting = begun('wish-booted', { reboot: { bootId: 'boot-0', entry: 'entry-0' } })

/** A journal that refuses one row, and goes on as if nothing had been. */
function refusingOnce(error: Error, isRow: (event: Event) => boolean) {
  const journal = memoryJournal()
  let refused = false
  return {
    ...journal,
    async append(...words: Parameters<typeof journal.append>) {
      if (refused || !words[0].some(isRow)) return journal.append(...words)
      refused = true
      throw error
    },
  }
}

describe('a process that must not go on', () => {
  it.each([
    ['the journal cannot be written', new JournalFailed('the disk is full')],
    ['another process advances the host', new LeaseLost('taken up by another')],
  ])('because %s ends nothing and gives nothing back', async (_why, error) => {
    const journal = refusingOnce(error, ({ type }) => type === 'outcome')
    const { trip, host, rows } = await inHand([written('one'), written('two')], { journal, rows: ready })

    await expect(advance(trip)).rejects.toBe(error)

    expect([host.owner?.state, textOf(host, '/two')]).toEqual(['owned', null])
    expect((await rows()).at(-1)).toMatchObject({ type: 'intent', step: 'one' })
  })

  it('because what another has done cannot be written down ends nothing', async () => {
    const error = new JournalFailed('the disk is full')
    const journal = refusingOnce(error, ({ type }) => type === 'outcome')
    const host = fakeHost({ name: 'hv-01', files: { '/one': 'new\n' } })
    host.markers.push({ run: 'r1', step: 'one', act: 'apply', attempt: 1, n: 1, state: 'ended', exitCode: 0 })
    const { trip, rows } = await inHand([written('one')], { host, journal, rows: [...ready, claimed(), begun('one')] })

    await expect(advance(trip)).rejects.toBe(error)

    expect((await rows()).some(({ type }) => type === 'release')).toBe(false)
  })

  it('because it was overtaken at its claim ends only when the host has that back', async () => {
    const error = new LeaseLost('taken up by another')
    const { trip, host } = await inHand([written('one')], {
      journal: refusingOnce(error, ({ type }) => type === 'claim'),
      rows: ready,
      otherwise: (real) =>
        withGuard(real, (guard) => ({
          async release(request) {
            await new Promise(setImmediate)
            return guard.release(request)
          },
        })),
    })

    await expect(advance(trip)).rejects.toBe(error)

    expect([host.owner?.state, host.owner?.head]).toEqual(['released', ''])
  })

  it('because its claim cannot be written down begins nothing, and leaves the host claimed for a resume', async () => {
    const error = new JournalFailed('the disk is full')
    const journal = refusingOnce(error, ({ type }) => type === 'claim')
    const { trip, host, rows } = await inHand([written('one')], { journal, rows: ready })

    await expect(advance(trip)).rejects.toBe(error)

    expect([host.owner?.state, host.counters.changes]).toEqual(['owned', []])
    expect((await rows()).map(({ type }) => type)).toEqual(['planned'])
  })
})

describe('work on a host that the operator', () => {
  it('ended is stopped where it stands: how far a step came is for the next check to say', async () => {
    const end = new AbortController()
    const cut = written('one', {
      async apply() {
        end.abort()
        throw new TypeError('the command was ended')
      },
    })
    const { trip, rows } = await inHand([cut], { rows: ready, signals: { end: end.signal } })

    expect(await advance(trip)).toEqual({ kind: 'stopped' })
    expect((await rows()).at(-1)).toMatchObject({ type: 'intent', step: 'one' })
  })

  it('ended while it waited is stopped', async () => {
    const waiting = written('one', { apply: () => Promise.reject(new Interrupted('ended')) })
    const { trip } = await inHand([waiting], { rows: ready })

    expect(await advance(trip)).toEqual({ kind: 'stopped' })
  })

  it('stopped is not dialled for any more', async () => {
    const { trip, host, rows } = await inHand([written('one')], { rows: ready, signals: { drain: aborted } })
    host.unreachable = lost()

    expect(await advance(trip)).toEqual({ kind: 'stopped' })
    expect((await rows()).some(({ type }) => type === 'release')).toBe(false)
  })

  it('stopped keeps the bracket around a reboot that is under way', async () => {
    const host = toyHost({ files: { '/run/service': 'off' } })
    const { trip, rows } = await inHand([serviceOff([crossing()])], {
      host,
      rows: [...ready, claimed(), begun('service-off', { act: 'enter', found: 'on' }), rebooting],
      signals: { drain: aborted },
    })
    host.markers.push({ run: 'r1', step: 'service-off', act: 'enter', attempt: 1, n: 1, state: 'ended', exitCode: 0 })

    expect(await advance(trip)).toEqual({ kind: 'stopped' })
    expect((await rows()).filter((row) => row.type === 'intent' && row.act === 'leave')).toEqual([])
    expect(textOf(host, '/run/service')).toBe('off')
  })
})

describe('a host that gives no answer', () => {
  it('is asked again after a second', async () => {
    const { trip, host } = await inHand([written('one')], { rows: ready })
    host.unreachable = lost()

    expect(await advance(trip)).toEqual({ kind: 'wait', milliseconds: 1_000 })
  })

  it('has as long again once it was there in between', async () => {
    const host = fakeHost({ name: 'hv-01' })
    const waiting = written('one', { check: () => Promise.reject(lost()) })
    const { trip, clock } = await inHand([waiting], { host, rows: [...ready, claimed(), begun('one')] })
    host.markers.push({ run: 'r1', step: 'one', act: 'apply', attempt: 1, n: 1, state: 'ended', exitCode: 0 })
    host.unreachable = lost()
    await advance(trip)
    await clock.sleep(100_000)
    host.unreachable = null
    await advance(trip)
    await clock.sleep(100_000)
    host.unreachable = lost()

    expect(await advance(trip)).toEqual({ kind: 'wait', milliseconds: 1_000 })
  })

  it('and was only claimed is as it was, and unreachable', async () => {
    const { trip, host, clock } = await inHand([written('one')], { rows: ready })
    trip.line.token = { epoch: 1, run: 'r1', random: 'f00d' }
    host.unreachable = lost()
    await advance(trip)
    await clock.sleep(15_000)

    expect(await advance(trip)).toMatchObject({ kind: 'done', release: { result: 'unreachable', code: 'E_LOST' } })
  })

  it('while it reboots for a step that the runbook has no more is lost behind a change', async () => {
    const { trip, host, clock } = await inHand([written('one')], { rows: [...ready, claimed(), rebooting] })
    host.unreachable = lost()
    await advance(trip)
    await clock.sleep(120_000)

    expect(await advance(trip)).toMatchObject({ kind: 'done', release: { code: 'E_LOST_AFTER_CHANGE' } })
  })

  it('while it reboots on its way back is asked for that once, though it answers in between', async () => {
    const host = toyHost({ files: { '/boot/cfg': 'other\n' } })
    host.onReboot = 'ignores'
    const requests: string[] = []
    const { trip, clock } = await inHand([crossing()], {
      host,
      rows: [
        ...ready,
        claimed(),
        begun('wish-booted'),
        ended('wish-booted', 'changed'),
        controlled('back', { reboot: true }, 'hv-01'),
        begun('wish-booted', { act: 'settle', reboot: { bootId: host.bootId, entry: 'entry-0' } }),
      ],
      otherwise: (real) =>
        withGuard(real, (guard) => ({
          requestReboot: (request) => guard.requestReboot(request).finally(() => requests.push(request.oldBootId)),
        })),
    })
    host.owner = ownerOf({})
    trip.line.token = host.owner.token
    await advance(trip)
    host.unreachable = lost()
    await clock.sleep(1_000)
    await advance(trip)
    host.unreachable = null

    expect(await advance(trip)).toMatchObject({ kind: 'wait' })
    expect(requests).toEqual([host.bootId])
  })
})

describe('a host that ends beside its steps', () => {
  it('passes on what a person can do', async () => {
    const unread = during<string>(
      {
        id: 'service-off',
        read: () => Promise.reject(new Blocked('it is unknown', { code: 'E_NO', remedy: 'Install it.' })),
        enter: async () => {},
        leave: async () => {},
      },
      [written('one')],
    )
    const { trip } = await inHand([unread], { rows: ready })

    expect(await advance(trip)).toMatchObject({ release: { result: 'blocked', code: 'E_NO', remedy: 'Install it.' } })
  })
})

it('a host that has its end is told with that, and not asked for another', async () => {
  const { trip, host, rows } = await inHand([written('one')], { rows: [...ready, released('changed')] })
  host.unreachable = lost()
  const before = await rows()

  expect(await advance(trip)).toMatchObject({ kind: 'done', release: { result: 'changed', text: 'hv-01 changed' } })
  expect(await rows()).toEqual(before)
})
