import { describe, expect, it } from 'vitest'
import { info } from '../../src/model/note.ts'
import { during } from '../../src/model/step.ts'
import { fakeClock, fakeCloud, fakeTransport, memoryJournal, resumeOn, runOn } from '../../src/testing.ts'
import { type Death, mortalPorts } from '../crash/mortal.ts'
import { configGenerated, toyHost, toyRunbook, wishWritten } from './toy.ts'

const disabled = during<null>(
  {
    id: 'compute-disabled',
    read: async () => null,
    async enter(host) {
      await host.cloud('prod').disable('hv-01', host.mark)
      host.note(info('I_DISABLED', 'it was enabled before'))
    },
    leave: (host) => host.cloud('prod').enable('hv-01'),
  },
  [wishWritten, configGenerated],
)
const runbook = toyRunbook([disabled])
const makeCloud = () => fakeCloud({ services: [{ host: 'hv-01' }] })

describe('a bracket that acts on the cloud', () => {
  it('is told by the mark of the run, and what it notes stands beside its outcome', async () => {
    const cloud = makeCloud()

    const { report } = await runOn(runbook, {}, [toyHost()], { cloud: cloud.port })

    expect(cloud.changes).toEqual(['disable hv-01 (runbook test)', 'enable hv-01'])
    expect(report.hosts[0]?.notes).toContainEqual(info('I_DISABLED', 'it was enabled before'))
  })

  it.each<[string, Death]>([
    ['before nova was asked', { after: 'before-cloud-call', verb: 'disable' }],
    ['behind it, before the outcome', { after: 'cloud-call', verb: 'disable' }],
  ])('killed %s, it still owes its leaving', async (_, death) => {
    const host = toyHost()
    const cloud = makeCloud()
    const clock = fakeClock()
    const journal = memoryJournal()
    const ports = { journal, transport: fakeTransport({ hosts: [host], clock }), cloud: cloud.port }
    await runOn(runbook, {}, [host], { ...mortalPorts(ports, death), clock }).catch(() => {})

    const { rows } = await resumeOn(runbook, [host], { journal, clock, cloud: cloud.port })

    expect(rows.filter(({ type }) => type === 'void')).toEqual([])
    expect(cloud.changes.at(-1)).toBe('enable hv-01')
    expect(cloud.services.get('hv-01')?.status).toBe('enabled')
  })

  it('is refused by the host before it touches the cloud, once the host is no longer this run’s', async () => {
    const host = toyHost()
    const cloud = makeCloud()
    const clock = fakeClock()
    const transport = fakeTransport({ hosts: [host], clock })
    const takenAway = toyRunbook([
      during<null>(
        {
          id: 'compute-disabled',
          read: async () => null,
          async enter(session) {
            const other = await transport.open({ name: host.name, connection: {} as never }, { deadline: '1s' })
            await other.guard.unlock('test')
            await session.cloud('prod').disable('hv-01', session.mark)
          },
          leave: (session) => session.cloud('prod').enable('hv-01'),
        },
        [wishWritten],
      ),
    ])

    const { report } = await runOn(takenAway, {}, [host], { cloud: cloud.port, transport, clock })

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_LOCKED' })
    expect(cloud.changes).toEqual([])
  })
})

describe('waiting for the cloud', () => {
  const waiting = (rounds: number, answers: unknown[]) =>
    toyRunbook([
      during<null>(
        {
          id: 'waits',
          read: async () => null,
          async enter(host) {
            let asked = 0
            answers.push(await host.until(async () => (++asked > rounds ? asked : null), { limit: '1m', every: '10s' }))
          },
          leave: async () => {},
        },
        [wishWritten],
      ),
    ])

  it('asks until there is an answer', async () => {
    const answers: unknown[] = []

    await runOn(waiting(3, answers), {}, [toyHost()])

    expect(answers).toEqual([4])
  })

  it('gives up when the limit has passed', async () => {
    const answers: unknown[] = []

    await runOn(waiting(100, answers), {}, [toyHost()])

    expect(answers).toEqual([null])
  })
})
