import { describe, expect, it } from 'vitest'
import { needed, satisfied } from '../../src/model/check.ts'
import { step } from '../../src/model/step.ts'
import {
  fakeClock,
  fakeTransport,
  memoryJournal,
  resumeOn,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../src/testing.ts'
import { mortalPorts } from '../crash/mortal.ts'
import { PENDING, toyHost, toyRunbook, WHOLE } from './toy.ts'

const runbook = toyRunbook(WHOLE)
const makeHost = () => toyHost({ commands: [[...PENDING]] })

describe('rollback of a run', () => {
  it('puts the file back, generates again and reboots when allowed', async () => {
    const host = makeHost()
    const journal = memoryJournal()
    await runOn(runbook, {}, [host], { journal })

    const { report } = await rollbackOn(runbook, [host], { journal, reboot: true })

    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', text: '1 undone, 2 settled' })
    expect(report.exitCode).toBe(0)
    expect(textOf(host, '/etc/wish')).toBe('old\n')
    expect(textOf(host, '/boot/cfg')).toBe('old\n')
    expect(textOf(host, '/run/live')).toBe('old\n')
    expect(host.counters.boots).toBe(2)
  })

  it('leaves the reboot to a person without --reboot, and finishes it when told to', async () => {
    const host = makeHost()
    const journal = memoryJournal()
    await runOn(runbook, {}, [host], { journal })

    const waiting = await rollbackOn(runbook, [host], { journal })
    const done = await rollbackOn(runbook, [host], { journal, reboot: true })

    expect(waiting.report.hosts[0]).toMatchObject({
      result: 'rolled-back',
      code: 'W_REBOOT_PENDING',
      owned: 'a pending reboot',
    })
    expect(waiting.report.exitCode).toBe(7)
    expect(done.report.hosts[0]).toMatchObject({ result: 'rolled-back' })
    expect(done.report.exitCode).toBe(0)
    expect(textOf(host, '/run/live')).toBe('old\n')
    expect(host.counters.boots).toBe(2)
  })

  it.each([
    [['one'], /^after two failed: /],
    [['one', 'two'], /^2 undone/],
  ])('names the failure that it came after, not one that a resume has mended: %j', async (mended, named) => {
    const host = toyHost({ commands: [] })
    const journal = memoryJournal()
    const broken = new Set(['one', 'two'])
    const steps = ['one', 'two'].map((id) =>
      step<null>({
        id,
        check: async (it) =>
          (await it.read(`/etc/${id}`)).text === 'new' ? satisfied('there') : needed('write', null),
        apply: async (it) => {
          if (broken.has(id)) throw new Error(`${id} is broken`)
          await it.write(`/etc/${id}`, 'new', { replacing: 'absent' })
        },
        rollback: async () => {},
      }),
    )
    await runOn(toyRunbook(steps), {}, [host], { journal })
    for (const id of mended) {
      broken.delete(id)
      await resumeOn(toyRunbook(steps), [host], { journal })
    }

    const { report } = await rollbackOn(toyRunbook(steps), [host], { journal })

    expect(report.hosts[0]?.text).toMatch(named)
  })

  it('names the failure also behind an attempt that never began, and the later of two', async () => {
    const host = toyHost({ commands: [] })
    const journal = memoryJournal()
    const clock = fakeClock()
    const steps = ['one', 'two'].map((id) =>
      step<null>({
        id,
        check: async (it) =>
          (await it.read(`/etc/${id}`)).text === 'new' ? satisfied('there') : needed('write', null),
        apply: (it) => it.run`refuse`,
        rollback: async () => {},
      }),
    )
    const broken = toyRunbook(steps)
    await runOn(broken, {}, [host], { journal, clock })
    host.files.set('/etc/one', textFile('new'))
    await resumeOn(broken, [host], { journal, clock })
    const death = { after: 'row', type: 'intent', step: 'two' } as const
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
    await resumeOn(broken, [host], { ...ports, clock }).catch(() => {})

    const { report } = await rollbackOn(broken, [host], { journal, clock })

    expect(report.hosts[0]?.text).toMatch(/^after two failed: /)
  })

  it('is done where somebody has booted the host meanwhile, without another boot', async () => {
    const host = makeHost()
    const journal = memoryJournal()
    await runOn(runbook, {}, [host], { journal })
    await rollbackOn(runbook, [host], { journal })
    host.files.set('/run/live', textFile('old\n'))

    const { report } = await rollbackOn(runbook, [host], { journal })

    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back' })
    expect([report.hosts[0]?.code, report.exitCode, host.counters.boots]).toEqual([undefined, 0, 1])
    expect(host.owner?.state).toBe('released')
  })

  it('stops at a file that someone else changed since, and says what is left', async () => {
    const host = makeHost()
    const journal = memoryJournal()
    await runOn(runbook, {}, [host], { journal })
    host.files.set('/etc/wish', { bytes: new TextEncoder().encode('third hand\n'), mode: '0644', owner: '0:0' })

    const { report } = await rollbackOn(runbook, [host], { journal, reboot: true })

    expect(report.hosts[0]).toMatchObject({ result: 'needs-a-person', code: 'E_CHANGED_SINCE', step: 'wish-written' })
    expect(report.exitCode).toBe(3)
    expect(textOf(host, '/etc/wish')).toBe('third hand\n')
  })

  it('whose undo fails needs a person, names what is left, and keeps the host', async () => {
    const stubborn = step<null>({
      id: 'half-undone',
      check: async (host) =>
        (await host.read('/boot/cfg')).text === 'new\n' ? satisfied('generated') : needed('generate', null),
      apply: (host) => host.run`generate`,
      rollback: (host) => host.run`undo it`,
    })
    const host = toyHost({ commands: [['undo it', { exitCode: 7, stderr: 'device is busy\n' }], [...PENDING]] })
    const journal = memoryJournal()
    const steps = toyRunbook([WHOLE[1], stubborn])
    await runOn(steps, {}, [host], { journal })

    const { report } = await rollbackOn(steps, [host], { journal })

    expect(report.hosts[0]).toMatchObject({ result: 'needs-a-person', step: 'half-undone' })
    expect(report.hosts[0]?.text).toContain('Not undone yet, in this order: half-undone, wish-written.')
    expect(report.exitCode).toBe(3)
    expect([textOf(host, '/etc/wish'), host.owner?.state]).toEqual(['new\n', 'owned'])
  })

  it('goes back by itself when a step fails and the runbook says so', async () => {
    const host = toyHost({ commands: [[...PENDING], ['generate', { exitCode: 2, stderr: 'no space left\n' }]] })

    const { report } = await runOn(toyRunbook(WHOLE, { onFailure: 'rollback' }), {}, [host], {})

    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', sentBackBy: 'runbook' })
    expect(report.exitCode).toBe(3)
    expect(textOf(host, '/etc/wish')).toBe('old\n')
    expect(host.owner?.state).toBe('released')
  })
})

describe('the controller dies at every row of a rollback', async () => {
  const rows = await countRollbackRows()

  it.each(Array.from({ length: rows }, (_, index) => index))(
    'row %i: it goes on backward to the same end',
    async (row) => {
      const host = makeHost()
      const clock = fakeClock()
      const journal = memoryJournal()
      await runOn(runbook, {}, [host], { journal, clock })
      const death = { after: 'row', type: 'any', nth: row + 1 } as const
      const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
      await rollbackOn(runbook, [host], { ...ports, clock, reboot: true }).catch(() => {})

      const { report } = await resumeOn(runbook, [host], { journal, clock })

      expect(report.hosts[0]).toMatchObject({ result: 'rolled-back' })
      expect(textOf(host, '/etc/wish')).toBe('old\n')
      expect(textOf(host, '/boot/cfg')).toBe('old\n')
      expect(textOf(host, '/run/live')).toBe('old\n')
      expect(host.counters.boots).toBe(2)
      expect(host.owner?.state).toBe('released')
    },
  )
})

async function countRollbackRows(): Promise<number> {
  const host = makeHost()
  const journal = memoryJournal()
  const forward = await runOn(runbook, {}, [host], { journal })
  const back = await rollbackOn(runbook, [host], { journal, reboot: true })
  return back.rows.length - forward.rows.length
}

describe('a file found before a death is the one that undo restores', () => {
  it('uses the found of the first begun attempt', async () => {
    const host = makeHost()
    const clock = fakeClock()
    const journal = memoryJournal()
    const death = { after: 'call', verb: 'change' } as const
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
    await runOn(runbook, {}, [host], { ...ports, clock }).catch(() => {})
    await resumeOn(runbook, [host], { journal, clock })

    await rollbackOn(runbook, [host], { journal, clock, reboot: true })

    expect(textOf(host, '/etc/wish')).toBe('old\n')
  })
})
