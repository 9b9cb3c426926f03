import { describe, expect, it } from 'vitest'

import { advance } from '../../../src/engine/advance.ts'
import type { Guard, Marker } from '../../../src/engine/guard-port.ts'
import { blocked } from '../../../src/model/check.ts'
import type { Event } from '../../../src/model/event.ts'
import { fakeHost, memoryJournal } from '../../../src/testing.ts'
import { approved, begun, claimed, controlled, ended, planned, plannedStep } from '../rows.ts'
import { crossing } from '../steps/cross.ts'
import { withGuard } from '../steps/with-guard.ts'
import { written } from '../steps/written.ts'
import { toyHost } from '../toy.ts'
import { inHand, ownerOf } from './in-hand.ts'

const plan = planned({ steps: [plannedStep('one', 'needed')] })
const ready = [plan, approved()]

/** A host on which the step one has nothing to do any more. */
const doneHost = () => fakeHost({ name: 'hv-01', files: { '/one': 'new\n' } })

/** The release with which it has ended, if it has. */
const endOf = (advanced: Awaited<ReturnType<typeof advance>>) =>
  advanced.kind === 'done' ? advanced.release : advanced

/** Writes down which verbs of the guard were asked. */
const noting = (asked: string[]) => (real: Parameters<typeof withGuard>[0]) =>
  withGuard(real, (guard) => {
    const noted = (verb: keyof Guard) => ({
      [verb]: (...words: never[]) => {
        asked.push(verb)
        return (guard[verb] as (...all: never[]) => unknown)(...words)
      },
    })
    return { ...noted('settleRunning'), ...noted('claim'), ...noted('change') }
  })

describe('a host that is taken up, and that this run has not touched,', () => {
  it.each([
    ['another run', ownerOf({ token: { epoch: 4, run: 'other', random: 'x' } }), false],
    ['another run of this journal', ownerOf({ token: { epoch: 4, run: 'other', random: 'x' } }), true],
    ['a run of the same name in another journal', ownerOf({}), false],
  ])('is left to %s where nothing is to be done', async (_who, owner, sameJournal) => {
    const [host, journal] = [doneHost(), memoryJournal()]
    host.owner = sameJournal ? { ...owner, journal: journal.id } : owner
    const { trip } = await inHand([written('one')], { host, journal, rows: ready, before: 1 })
    const before = host.owner

    const end = endOf(await advance(trip))

    expect(end).toMatchObject({ result: 'satisfied', text: 'nothing to do' })
    expect(host.owner).toEqual(before)
  })

  it('is claimed at once where another run has left it, so that none who was frozen before claims it later', async () => {
    const host = doneHost()
    host.owner = ownerOf({ state: 'released', token: { epoch: 4, run: 'other', random: 'x' }, head: '' })
    const { trip } = await inHand([written('one')], { host, before: 1 })

    await advance(trip)

    expect(host.owner).toMatchObject({ state: 'released', token: { run: 'r1', epoch: 5 } })
  })
})

describe('a host that is taken up, and that this run has had,', () => {
  it('is not called done while another run has it: what was claimed by neither is nobody to say', async () => {
    const host = doneHost()
    host.owner = ownerOf({ token: { epoch: 4, run: 'other', random: 'x' } })
    const { trip } = await inHand([written('one')], { host, rows: [...ready, claimed()], before: 1 })

    expect(endOf(await advance(trip))).toMatchObject({ result: 'blocked', code: 'E_LOCKED' })
  })

  it('is lost to another run that has it now, and what this one had begun there is not taken for done', async () => {
    const host = doneHost()
    host.owner = ownerOf({ token: { epoch: 4, run: 'other', random: 'x' } })
    const { trip, rows } = await inHand([written('one')], {
      host,
      rows: [...ready, claimed(), begun('one')],
      before: 1,
    })

    const end = endOf(await advance(trip))

    expect(end).toMatchObject({ result: 'failed', code: 'E_LOCKED', owned: 'another run' })
    expect((await rows()).some(({ type }) => type === 'outcome')).toBe(false)
  })

  it('is claimed anew where it was released with another end than the journal has', async () => {
    const [host, journal] = [doneHost(), memoryJournal()]
    host.owner = ownerOf({ state: 'released', journal: journal.id, head: '' })
    const { trip } = await inHand([written('one')], { host, journal, rows: [...ready, claimed()], before: 1 })

    const end = endOf(await advance(trip))

    expect(host.owner).toMatchObject({ state: 'released', token: { epoch: 2 }, head: (end as { head: string }).head })
  })

  it('is claimed only behind what still runs there, and asked again behind the claim', async () => {
    const asked: string[] = []
    const rows = [...ready, claimed(), begun('one')]
    const { trip } = await inHand([written('one')], { rows, before: 1, otherwise: noting(asked) })

    await advance(trip)

    expect(asked).toEqual(['settleRunning', 'claim', 'settleRunning', 'change'])
  })

  it('is waited for as long as a command may take', async () => {
    const limits: string[] = []
    const { trip } = await inHand([written('one')], {
      rows: [...ready, claimed(), begun('one')],
      before: 1,
      otherwise: (real) =>
        withGuard(real, (guard) => ({
          settleRunning: (run, limit) => guard.settleRunning(run, limit).finally(() => limits.push(limit)),
        })),
    })

    await advance(trip)

    expect(limits).toEqual(['1h', '1h'])
  })

  it('is not asked for what runs there by the process that holds its token', async () => {
    const asked: string[] = []
    const host = toyHost({ files: { '/boot/cfg': 'new\n' } })
    const { trip, clock } = await inHand([crossing()], { host, otherwise: noting(asked) })

    await advance(trip)
    await clock.sleep(60_000)
    const end = endOf(await advance(trip))

    expect([end, asked]).toMatchObject([{ result: 'changed' }, ['claim']])
  })
})

describe('an attempt whose end nobody saw', () => {
  const marker = (parts: Partial<Marker>): Marker => ({
    run: 'r1',
    step: 'one',
    act: 'apply',
    attempt: 2,
    n: 1,
    state: 'ended',
    exitCode: 0,
    ...parts,
  })

  it.each([
    ['an attempt before it', { attempt: 1 }],
    ['another act of its step', { act: 'undo' }],
    ['another step', { step: 'two' }],
    ['another act of another step', { step: 'two', act: 'undo' }],
  ])('never arrived where the host has but a marker of %s', async (_what, parts) => {
    const host = fakeHost({ name: 'hv-01' })
    host.markers.push(marker(parts))
    const tried: Event[] = [begun('one'), ended('one', 'failed'), begun('one', { attempt: 2 })]
    const { trip, rows } = await inHand([written('one')], { host, rows: [...ready, claimed(), ...tried], before: 1 })

    await advance(trip)

    expect((await rows()).filter(({ type }) => type === 'void')).toMatchObject([{ step: 'one', attempt: 2 }])
  })

  it('has arrived where the host has a marker of its own', async () => {
    const host = doneHost()
    host.markers.push(marker({}))
    const tried: Event[] = [begun('one'), ended('one', 'failed'), begun('one', { attempt: 2 })]
    const { trip, rows } = await inHand([written('one')], { host, rows: [...ready, claimed(), ...tried], before: 1 })

    await advance(trip)

    expect((await rows()).filter(({ type }) => type === 'void')).toEqual([])
  })
})

describe('a host that was refused to this process', () => {
  it('is claimed anew by it once it is opened again', async () => {
    const host = fakeHost({ name: 'hv-01' })
    let first = true
    const changing = written('one', {
      async apply(session, found) {
        if (first) host.owner = ownerOf({ token: { epoch: 9, run: 'other', random: 'x' } })
        await session.write('/one', 'new\n', { replacing: found })
      },
    })
    const { trip } = await inHand([changing], { host, rows: ready })
    const refused = endOf(await advance(trip))
    first = false
    host.owner = ownerOf({ state: 'released', token: { epoch: 9, run: 'other', random: 'x' } })
    await trip.book.write(controlled('resume', null, 'hv-01'))

    const end = endOf(await advance(trip))

    expect(refused).toMatchObject({ result: 'failed', code: 'E_LOCKED', owned: 'another run' })
    expect(end).toMatchObject({ result: 'changed' })
    expect(host.owner).toMatchObject({ state: 'released', token: { run: 'r1', epoch: 10 } })
  })
})

describe('a host that was released before its controller died', () => {
  it('is not said to be held, whatever is said of it now', async () => {
    const [host, journal] = [fakeHost({ name: 'hv-01', files: { '/one': 'new\n' } }), memoryJournal()]
    const closed = written('two', {
      check: async () => blocked({ code: 'E_NO', because: 'not now', remedy: '' }),
    })
    const had = [...ready, claimed(), begun('one'), ended('one', 'changed')]
    const { trip } = await inHand([written('one'), closed], { host, journal, rows: had, before: 1 })
    host.owner = ownerOf({ state: 'released', journal: journal.id, head: await journal.head('r1', 'hv-01') })

    const end = endOf(await advance(trip))

    expect(end).toMatchObject({ result: 'partial', code: 'E_NO' })
    expect(end).not.toHaveProperty('owned')
  })
})

describe('a host of which a reboot was asked', () => {
  it('stays held where a step before that fails now: it may still go down', async () => {
    const failing = written('one', { apply: () => Promise.reject(new TypeError('no space left')) })
    const rows = [...ready, claimed(), begun('one'), ended('one', 'changed')]
    const asked = begun('wish-booted', { reboot: { bootId: 'boot-0', entry: 'entry-0' } })
    const { trip, host } = await inHand([failing, crossing()], { rows: [...rows, asked], before: 1 })

    const end = endOf(await advance(trip))

    expect(end).toMatchObject({ result: 'failed', step: 'one', owned: 'a reboot whose end was not seen' })
    expect(host.owner?.state).toBe('owned')
  })
})
