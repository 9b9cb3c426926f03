import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { handsOn } from '../../src/commands/fleet/hands.ts'
import type { FleetStore } from '../../src/engine/fleet/fleet-port.ts'
import { openPostgresStore } from '../../src/journal/postgres-store.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { Hands } from '../../src/page/hands.ts'
import { planned, plannedStep, runOf } from '../engine/rows.ts'
import { type PostgresServer, postgresServer } from '../journal/postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

let store: FleetStore
let hands: Hands
beforeEach(async () => {
  store = await openPostgresStore({ url: await server.database(), redact: (text) => text })
  hands = handsOn(store, 'ops@desk')
  return () => store.close()
})

const HOSTS = ['hv-01', 'hv-02']
const ready = (host: string) => planned({ host, steps: [plannedStep('tuned', 'needed')] }, host)

/** A run whose hosts have answered, and that waits for somebody's yes. */
async function waiting(more: Partial<RunEvent> = {}) {
  await store.journal.append([{ ...runOf(...HOSTS), ...more }, ...HOSTS.map(ready)])
  const submission = crypto.randomUUID()
  const order = { run: 'r1', submission, phase: 'approve', atOnce: 9, perDomain: null, yes: false } as const
  const turns = HOSTS.map((host) => ({ host, site: '', domain: '', asked: true }))
  await store.fleet.submit({ ...order, skipUnready: false, only: null }, turns)
}

const deed = { name: 'Ann', reason: 'window is open', seal: '' }

describe('the hands of the page on a run of workers', () => {
  it('approve the plans that were shown, with name and reason', async () => {
    await waiting()
    const before = await hands.standing('r1')
    const asked = await hands.asked('r1')

    await hands.act('r1', { ...deed, act: 'approve', seal: asked?.seal ?? '' })

    expect(before).toMatchObject({ acts: ['approve', 'cancel'] })
    expect(asked).toMatchObject({ question: 'Change 2 hosts in 2 batches?', plan: expect.stringContaining('tuned') })
    expect((await store.journal.rows('r1')).at(-1)).toMatchObject({
      type: 'approved',
      who: 'Ann (ops@desk), because window is open',
      plans: { 'hv-01': expect.any(String), 'hv-02': expect.any(String) },
    })
    expect(await hands.asked('r1')).toBeNull()
  })

  it('approve nothing that was not seen: a host has answered otherwise since', async () => {
    await waiting()
    const asked = await hands.asked('r1')
    const steps = [plannedStep('tuned', 'needed'), plannedStep('restarted', 'needed')]
    await store.journal.append([planned({ host: 'hv-02', steps, hash: 'another' }, 'hv-02')])

    const late = hands.act('r1', { ...deed, act: 'approve', seal: asked?.seal ?? '' })

    await expect(late).rejects.toThrow('the plans are others than those that you saw')
    expect((await store.journal.rows('r1')).map(({ type }) => type)).not.toContain('approved')
  })

  it('approve nothing for a reason that the inventory of the run does not take, but stop it for any', async () => {
    await waiting({ requireReason: 'CHG-[0-9]+' })
    const seal = (await hands.asked('r1'))?.seal ?? ''

    const unfit = hands.act('r1', { ...deed, act: 'approve', seal })

    await expect(unfit).rejects.toThrow('inventory prod wants a reason with CHG-[0-9]+ in it for every change')
    await hands.act('r1', { ...deed, act: 'cancel' })
    expect((await hands.standing('r1'))?.text).toContain('being cancelled')
  })

  it('pause, go on and cancel, as far as each is possible, and say so in the journal', async () => {
    await waiting()
    await store.fleet.proceed('r1', 'approve', 'go')

    await hands.act('r1', { ...deed, act: 'pause' })
    const paused = await hands.standing('r1')
    await hands.act('r1', { ...deed, act: 'go-on' })
    const going = await hands.standing('r1')
    await hands.act('r1', { ...deed, act: 'cancel' })
    const again = hands.act('r1', { ...deed, act: 'pause' })

    await expect(again).rejects.toThrow('pause is not what run r1 can be told now: being cancelled')
    expect([paused?.acts, going?.acts, (await hands.standing('r1'))?.acts]).toEqual([
      ['go-on', 'cancel'],
      ['pause', 'cancel'],
      [],
    ])
    const said = (await store.journal.runRows('r1')).flatMap((row) => (row.type === 'control' ? [row] : []))
    expect(said.map(({ action, who, reason }) => [action, who, reason])).toEqual(
      ['pause', 'resume', 'cancel'].map((action) => [action, 'Ann (ops@desk)', 'window is open']),
    )
  })

  it('have nothing to do with a run that was not given to workers', async () => {
    await store.journal.append([runOf(...HOSTS)])

    expect(await hands.standing('r1')).toBeNull()
    await expect(hands.act('r1', { ...deed, act: 'cancel' })).rejects.toThrow('it was not given to workers')
  })
})
