import { describe, expect, it } from 'vitest'

import { sh } from '../../../src/model/command.ts'
import { info } from '../../../src/model/note.ts'
import { type Once, once, type Step } from '../../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeHost,
  fakeTransport,
  type MemoryJournal,
  memoryJournal,
  resumeOn,
  runOn,
} from '../../../src/testing.ts'
import { ControllerDied, mortalPorts } from '../../crash/mortal.ts'
import { toyRunbook } from '../toy.ts'

const seeded = (parts: Partial<Once> = {}) => once({ id: 'seeded', does: 'seed the pool', command: sh`seed`, ...parts })
const seedable = (exitCode = 0) => fakeHost({ commands: [['seed', { exitCode, stdout: 'seeded 4 pools' }]] })

const BEHIND_THE_COMMAND = { after: 'call', verb: 'change' } as const

/** The controller dies once the command has ended on the host, before its outcome is written. */
async function diesBehind(steps: readonly Step[], host: FakeHost, nth = 1) {
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const death = { ...BEHIND_THE_COMMAND, nth }
  const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
  await expect(runOn(toyRunbook(steps), {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
  return { journal, clock, resume: () => resumeOn(toyRunbook(steps), [host], { journal, clock, limit: [host.name] }) }
}

const resolve = (journal: MemoryJournal, as: 'done' | 'rerun' | 'fail') =>
  journal.append([
    {
      type: 'control',
      run: 'test',
      host: 'hv-01',
      action: 'resolve',
      data: { step: 'seeded', as },
      who: 'me',
      reason: 'looked',
    },
  ])

describe('a command that is run once', () => {
  it('tells what its answer says, and has the limit that it asks for', async () => {
    const host = seedable()
    const clock = fakeClock()
    const limits: string[] = []
    const real = fakeTransport({ hosts: [host], clock })
    const notes: Once['notes'] = ({ stdout }) => [info('I_SEEDED', stdout)]
    const steps = [seeded({ limit: '2h', notes }), once({ id: 'plain', does: 'seed again', command: sh`seed` })]

    const { report } = await runOn(toyRunbook(steps), {}, [host], {
      clock,
      transport: {
        async open(to, options) {
          const connection = await real.open(to, options)
          const change: typeof connection.guard.change = (request) => {
            limits.push(request.limit)
            return connection.guard.change(request)
          }
          return { ...connection, guard: { ...connection.guard, change } }
        },
      },
    })

    expect(report.hosts[0]).toMatchObject({ result: 'changed', notes: [info('I_SEEDED', 'seeded 4 pools')] })
    expect(report.hosts[0]?.steps.map(({ text }) => text)).toEqual(['seed the pool', 'seed again'])
    expect(limits).toEqual(['2h', '10m'])
  })

  it('is not run by a resume of a host that failed behind it', async () => {
    const host = seedable()
    const [journal, clock] = [memoryJournal(), fakeClock()]
    const steps = [seeded(), once({ id: 'broken', does: 'fail', command: sh`broken` })]
    await runOn(toyRunbook(steps), {}, [host], { journal, clock })

    await resumeOn(toyRunbook(steps), [host], { journal, clock })

    expect(host.counters.changes.filter((change) => change === 'seed')).toEqual(['seed'])
  })
})

describe('a command whose controller died before it heard of the end', () => {
  it('has the end that its marker says, which is written down', async () => {
    const host = seedable()
    const { resume } = await diesBehind([seeded()], host)

    const { report } = await resume()

    expect(report.hosts[0]?.steps[0]).toMatchObject({
      outcome: 'changed',
      text: "seed the pool; its end was read from the host's marker",
    })
    expect(host.counters.changes).toEqual(['seed'])
  })

  it('has failed where its marker says so', async () => {
    const host = seedable(7)
    const { resume } = await diesBehind([seeded()], host)

    const { report, rows } = await resume()

    const failed = { code: 'E_COMMAND_FAILED', text: 'exit 7: seed' }
    expect(report.hosts[0]).toMatchObject({ result: 'failed', step: 'seeded', ...failed })
    expect(rows.find(({ type }) => type === 'outcome')).toMatchObject({ act: 'apply', result: failed })
    expect(host.counters.changes).toEqual(['seed'])
  })

  it('has the end of its own marker, whatever other steps have left', async () => {
    const host = seedable(7)
    const before = once({ id: 'before', does: 'go before', command: sh`true` })
    const fine = fakeHost({ commands: [['true', ''], ...host.commands] })
    const { resume } = await diesBehind([before, seeded()], fine, 2)

    const { report } = await resume()

    expect(report.hosts[0]).toMatchObject({ result: 'failed', step: 'seeded', text: 'exit 7: seed' })
  })

  it('is in doubt where its marker has no end, and runs again where a person says so', async () => {
    const host = seedable()
    const { journal, resume } = await diesBehind([seeded()], host)
    host.markers.splice(0, 1, { ...host.markers[0]!, state: 'gone', exitCode: null })

    const doubt = await resume()
    await resolve(journal, 'rerun')
    const again = await resume()

    expect(doubt.report.hosts[0]).toMatchObject({
      result: 'needs-a-person',
      code: 'E_IN_DOUBT',
      text: 'seeded began and nobody saw its end; it is never guessed',
    })
    expect(again.report.hosts[0]).toMatchObject({ result: 'changed' })
    expect(host.counters.changes).toEqual(['seed', 'seed'])
  })

  it('runs again once for each leave, and is asked about again when nobody saw that end either', async () => {
    const host = seedable()
    const { journal, clock, resume } = await diesBehind([seeded()], host)
    host.markers.splice(0, 1, { ...host.markers[0]!, state: 'gone', exitCode: null })
    await resolve(journal, 'rerun')
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, BEHIND_THE_COMMAND)
    await expect(resumeOn(toyRunbook([seeded()]), [host], { ...ports, clock })).rejects.toThrow(ControllerDied)

    const { report } = await resume()

    expect(report.hosts[0]).toMatchObject({
      result: 'changed',
      steps: [{ text: "seed the pool; its end was read from the host's marker" }],
    })
    expect(host.counters.changes).toEqual(['seed', 'seed'])
  })
})
