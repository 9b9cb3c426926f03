import { describe, expect, it } from 'vitest'
import type { Guard } from '../../src/engine/guard-port.ts'
import type { Connection, Transport } from '../../src/engine/ports.ts'
import type { Step } from '../../src/model/step.ts'
import { fakeClock, fakeTransport, memoryJournal, resumeOn, runOn } from '../../src/testing.ts'
import { ControllerDied, mortalPorts } from '../crash/mortal.ts'
import { configGenerated, serviceOff, toyHost, toyRunbook } from './toy.ts'

/** A transport over which a controller freezes before its first claim, until `meanwhile` is over. */
function freezingAtClaim(transport: Transport, meanwhile: () => Promise<unknown>): Transport {
  let frozen = false
  return {
    async open(host, options) {
      const connection = await transport.open(host, options)
      let claiming: Promise<unknown> = Promise.resolve()
      const claim: Guard['claim'] = (request) => {
        const waiting = frozen ? Promise.resolve() : meanwhile()
        frozen = true
        const claimed = waiting.then(() => connection.guard.claim(request))
        claiming = claimed.catch(() => {})
        return claimed
      }
      // What is asked behind the claim was not sent before it.
      const behind: Connection['behind'] = {
        look: (...question) => claiming.then(() => connection.behind.look(...question)),
        read: (path) => claiming.then(() => connection.behind.read(path)),
      }
      return { ...connection, behind, guard: { ...connection.guard, claim } }
    },
  }
}

describe('a controller that wakes up between a check and its claim', () => {
  it.each([
    ['a step', [configGenerated], ['generate']],
    ['a bracket', [serviceOff([configGenerated])], ['service off', 'generate', 'service on']],
  ] as readonly [string, readonly Step[], readonly string[]][])(
    'asks again, and does nothing that another run has finished meanwhile: %s',
    async (_what, steps, changes) => {
      const host = toyHost({ files: { '/etc/wish': 'new\n', '/run/service': 'on' } })
      const runbook = toyRunbook(steps)
      const clock = fakeClock()
      const transport = freezingAtClaim(fakeTransport({ hosts: [host], clock }), () =>
        runOn(runbook, {}, [host], { run: 'early', clock }),
      )

      const { report } = await runOn(runbook, {}, [host], { run: 'late', clock, transport })

      expect(host.counters.changes).toEqual(changes)
      expect(report.hosts[0]?.result).toBe('satisfied')
      expect(host.owner?.state).toBe('released')
    },
  )
})

describe('a controller that was frozen before its claim while another one took its run up', () => {
  const runbook = toyRunbook([configGenerated])
  const makeHost = () => toyHost({ files: { '/etc/wish': 'new\n' } })

  it('takes nothing from a successor that has ended', async () => {
    const [host, journal, clock] = [makeHost(), memoryJournal(), fakeClock()]
    const transport = freezingAtClaim(fakeTransport({ hosts: [host], clock }), () =>
      resumeOn(runbook, [host], { journal, clock }),
    )

    await runOn(runbook, {}, [host], { journal, clock, transport })

    expect(host.owner).toMatchObject({ state: 'released', token: { epoch: 1 } })
    expect(host.counters.changes).toEqual(['generate'])
  })

  it('gives back what it claimed once another run has been there', async () => {
    const [host, journal, clock] = [makeHost(), memoryJournal(), fakeClock()]
    const transport = freezingAtClaim(fakeTransport({ hosts: [host], clock }), async () => {
      await resumeOn(runbook, [host], { journal, clock })
      host.files.delete('/boot/cfg')
      await runOn(runbook, {}, [host], { run: 'other', clock })
    })

    await runOn(runbook, {}, [host], { journal, clock, transport })

    expect(host.owner).toMatchObject({ state: 'released', token: { epoch: 3, run: 'test' }, head: '' })
  })
})

it('a host that was claimed by a controller of which the journal has no claim is released by its successor', async () => {
  const host = toyHost({ files: { '/etc/wish': 'new\n' } })
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const dying = mortalPorts(
    { journal, transport: fakeTransport({ hosts: [host], clock }) },
    { after: 'call', verb: 'claim' },
  )
  await expect(runOn(toyRunbook([configGenerated]), {}, [host], { ...dying, clock })).rejects.toThrow(ControllerDied)
  host.files.set('/boot/cfg', { ...host.files.get('/etc/wish')! })

  const { report } = await resumeOn(toyRunbook([configGenerated]), [host], { journal, clock })

  expect(report.hosts[0]?.result).toBe('satisfied')
  expect(host.owner?.state).toBe('released')
})
