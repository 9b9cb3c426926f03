import { describe, expect, it } from 'vitest'

import type { Guard } from '../../../src/engine/guard-port.ts'
import { duplicateIds, idsOf, reboots } from '../../../src/engine/place-steps.ts'
import { needed, satisfied } from '../../../src/model/check.ts'
import { HostUnreachable, NotOwner } from '../../../src/model/errors.ts'
import { during, type Step } from '../../../src/model/step.ts'
import { fakeClock, fakeHost, fakeTransport, memoryJournal, resumeOn, runOn, textOf } from '../../../src/testing.ts'
import { ControllerDied, mortalPorts } from '../../crash/mortal.ts'
import { withGuard } from '../steps/with-guard.ts'
import { written } from '../steps/written.ts'
import { booted, serviceOff, toyRunbook, wishWritten } from '../toy.ts'

async function run(steps: readonly Step[], otherwise: (guard: Guard) => Partial<Guard> = () => ({})) {
  const [host, journal, clock] = [fakeHost({ name: 'hv-01' }), memoryJournal(), fakeClock()]
  const transport = withGuard(fakeTransport({ hosts: [host], clock }), otherwise)
  const { report } = await runOn(toyRunbook(steps), {}, [host], { journal, clock, transport })
  return { host, ended: report.hosts[0] }
}

describe('a host', () => {
  const doneMeanwhile = () => {
    let asked = 0
    return written('one', {
      async check() {
        asked += 1
        return asked === 1 ? needed('write one', 'absent') : satisfied('somebody did')
      },
    })
  }

  it('that has nothing to do any more is asked behind its claim, and given back with nothing changed', async () => {
    const { host, ended } = await run([doneMeanwhile()])

    expect([ended?.result, host.owner?.state, host.counters.changes]).toEqual(['satisfied', 'released', []])
  })

  it('that has nothing to do any more, and that another run has, is left to that', async () => {
    const taken = () => Promise.reject(new NotOwner('owned by run other', { code: 'E_LOCKED', remedy: 'Wait.' }))

    const { host, ended } = await run([doneMeanwhile()], () => ({ claim: taken }))

    expect([ended?.result, host.owner]).toEqual(['satisfied', null])
  })

  it('that was released before its controller died is not claimed anew: the journal is told of its end', async () => {
    const [host, journal, clock] = [fakeHost({ name: 'hv-01' }), memoryJournal(), fakeClock()]
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, RELEASED)
    await expect(runOn(toyRunbook([written('one')]), {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
    const owner = host.owner

    const { report } = await resumeOn(toyRunbook([written('one')]), [host], { journal, clock })

    expect(report.hosts[0]).toMatchObject({ result: 'changed', text: '1 step changed', head: owner?.head })
    expect(host.owner).toEqual(owner)
  })

  it('that another run has taken is left to it: done in part where this run has changed it, else as it was', async () => {
    const taken = () => Promise.reject(new NotOwner('owned by run other', { code: 'E_LOCKED', remedy: 'Wait.' }))
    let changes = 0

    const behind = await run([written('one'), written('two')], (guard) => ({
      change: (request) => (++changes > 1 ? taken() : guard.change(request)),
    }))
    const before = await run([written('one')], () => ({ claim: taken }))

    const said = { code: 'E_LOCKED', text: 'owned by run other', remedy: 'Wait.' }
    expect(behind.ended).toMatchObject({ result: 'failed', ...said, owned: 'another run' })
    expect(before.ended).toMatchObject({ result: 'blocked', ...said })
    expect(before.ended).not.toHaveProperty('owned')
    expect(textOf(behind.host, '/two')).toBeNull()
  })

  it('of which a bracket cannot be read is blocked, for nothing was touched', async () => {
    const unread = during<string>(
      {
        id: 'service-off',
        read: () => Promise.reject(new TypeError('no such service')),
        enter: async () => {},
        leave: async () => {},
      },
      [written('one')],
    )

    const { ended } = await run([unread])

    expect(ended).toMatchObject({
      result: 'blocked',
      code: 'E_DEFECT',
      text: expect.stringContaining('no such service'),
    })
  })

  it('that is lost is dialled for a quarter of a minute, whatever the clock says', async () => {
    const [host, clock] = [fakeHost({ name: 'hv-01' }), fakeClock()]
    await clock.sleep(86_400_000)
    let asked = 0
    const losing = written('one', {
      async check(probe) {
        asked += 1
        if (asked > 1) host.unreachable = new HostUnreachable('lost', { stage: 'lost', retry: true })
        await probe.read('/one')
        return needed('write one', 'absent')
      },
    })

    const { report } = await runOn(toyRunbook([losing]), {}, [host], { clock })

    expect([report.hosts[0]?.result, clock.now() - 86_400_000]).toEqual(['unreachable', 15_000])
  })

  it('that owes the leaving of several brackets is held by all of them', async () => {
    const kept = (id: string, steps: Parameters<typeof during>[1]) =>
      during<string>(
        { id, afterFailure: 'keep', read: async () => '', enter: async () => {}, leave: async () => {} },
        steps,
      )

    const { ended } = await run([kept('outer', [kept('inner', [written('one', { apply: async () => {} })])])])

    expect(ended?.owned).toBe('the unpaid leaving of outer, inner')
  })
})

const RELEASED = { after: 'call', verb: 'release' } as const

describe('ids of steps', () => {
  const inner = during<string>({ id: 'b', read: async () => '', enter: async () => {}, leave: async () => {} }, [
    written('a'),
    written('c'),
  ])

  it('stand in running order, those of brackets before those inside', () => {
    expect(idsOf([written('a'), inner])).toEqual(['a', 'b', 'a', 'c'])
  })

  it('that occur more than once are told once each', () => {
    expect(duplicateIds([written('a'), inner, written('a'), written('d')])).toEqual(['a'])
    expect(duplicateIds([inner])).toEqual([])
  })
})

describe('steps reboot a host', () => {
  it('where one of them does, in a bracket too, and else not', () => {
    expect([reboots([serviceOff([wishWritten, booted])]), reboots([serviceOff([wishWritten])])]).toEqual([true, false])
  })
})
