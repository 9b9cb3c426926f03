import { describe, expect, it } from 'vitest'
import hugepagesInstance from '../../../runbooks/hugepages-instance.ts'
import { resumeOn, runOn } from '../../../src/testing.ts'
import { type Death, mortalController, orDied } from '../four-promises.ts'
import { guest } from './fake-guest.ts'
import { FakeGuests } from './fake-guests.ts'

const PARAMS = { instances: ['a', 'b'] }
const machine = () => new FakeGuests({ guests: [guest('a'), guest('b', { memoryKib: 1048576 })] })

/** Every place at which a controller can die in a whole run. */
async function placesToDie(): Promise<readonly Death[]> {
  const { host } = machine()
  const { mortal, counted } = mortalController(host, null)
  await runOn(hugepagesInstance, PARAMS, [host], mortal)
  // The first row is the run itself: without it there is nothing to resume.
  const rows = Array.from({ length: counted.row - 1 }, (_, at) => ({ row: at + 1 }))
  return [...rows, ...Array.from({ length: counted.moment }, (_, at) => ({ moment: at }))]
}

/** A run whose controller dies there, and what its heir needs. */
async function killed(death: Death) {
  const one = machine()
  const { mortal, heir } = mortalController(one.host, death)
  const died = await orDied(runOn(hugepagesInstance, PARAMS, [one.host], mortal))
  return { one, died, resume: () => resumeOn(hugepagesInstance, [one.host], { journal: heir(), clock: mortal.clock }) }
}

const indexesOf = (events: readonly string[], wanted: RegExp) =>
  events.flatMap((event, index) => (wanted.test(event) ? [index] : []))

describe('hugepages-instance, killed anywhere', () => {
  it('ends the same after a resume, each guest taken down once, nova-compute last of all', async () => {
    const whole = machine()
    await runOn(hugepagesInstance, PARAMS, [whole.host])
    const places = await placesToDie()

    for (const death of places) {
      const { one, died, resume } = await killed(death)
      const { report } = await resume()

      const downs = one.events.filter((event) => event.startsWith('destroy'))
      const starts = one.events.filter((event) => /^start [ab]/.test(event))
      expect({ death, died, result: report.hosts[0]?.result, state: one.state, downs, starts }).toEqual({
        death,
        died: true,
        result: 'changed',
        state: whole.state,
        downs: ['destroy a', 'destroy b'],
        starts: ['start a', 'start b'],
      })
      expect(one.events.at(-1)).toBe('start nova')
      expect(one.host.owner?.state).toBe('released')
    }
    expect(places.length).toBeGreaterThan(40)
  })

  it('has guests and nova-compute back by the host itself when nobody resumes, the guests first', async () => {
    for (const death of await placesToDie()) {
      const { one } = await killed(death)

      one.fire()

      const { guests, nova } = one.state
      expect({ death, running: guests.map(({ runs }) => runs), nova }).toEqual({
        death,
        running: [true, true],
        nova: true,
      })
      const [novaStarts, guestStarts] = [indexesOf(one.events, /^start nova/), indexesOf(one.events, /^start [ab]/)]
      expect(Math.max(-1, ...guestStarts)).toBeLessThanOrEqual(Math.max(-1, ...novaStarts))
    }
  })

  it('ends the same when it is resumed after the host has put things back', async () => {
    const whole = machine()
    await runOn(hugepagesInstance, PARAMS, [whole.host])

    for (const death of await placesToDie()) {
      const { one, resume } = await killed(death)
      one.fire()

      const { report } = await resume()

      expect({ death, result: report.hosts[0]?.result, state: one.state }).toEqual({
        death,
        result: 'changed',
        state: whole.state,
      })
    }
  })

  it('never stops nova-compute before its way back is armed', async () => {
    for (const death of await placesToDie()) {
      const { one } = await killed(death)

      expect({ death, back: one.state.nova || one.state.armed }).toEqual({ death, back: true })
    }
  })
})
