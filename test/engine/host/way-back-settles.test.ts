import { describe, expect, it } from 'vitest'

import type { Guard } from '../../../src/engine/guard-port.ts'
import { HostUnreachable, NotOwner } from '../../../src/model/errors.ts'
import { step } from '../../../src/model/step.ts'
import {
  type FakeHost,
  type FakeProgram,
  fakeClock,
  fakeHost,
  fakeTransport,
  memoryJournal,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../../src/testing.ts'
import { ControllerDied, mortalPorts } from '../../crash/mortal.ts'
import { withGuard } from '../steps/with-guard.ts'
import { restorable, written } from '../steps/written.ts'
import { booted, configGenerated, PENDING, toyHost, toyRunbook, WHOLE, wishWritten } from '../toy.ts'

/** A host on which `generate` does something else once the run is on its way back. */
async function generating(otherwise: (host: FakeHost) => string | { exitCode: number }) {
  let isBack = false
  const host = toyHost({
    commands: [
      [
        'generate',
        (it) => {
          if (isBack) return otherwise(it)
          it.files.set('/boot/cfg', textFile(textOf(it, '/etc/wish') ?? ''))
          return ''
        },
      ],
      [...PENDING],
    ],
  })
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const runbook = toyRunbook([wishWritten, configGenerated])
  await runOn(runbook, {}, [host], { journal, clock })
  isBack = true
  const { report, rows } = await rollbackOn(runbook, [host], { journal, clock })
  return { host, rows, ended: report.hosts[0] }
}

/** Follows the wish, and is settled by a command of its own. */
const followed = step<string>({
  ...written('after'),
  settle: {
    current: async (host) => (await host.read('/after')).text === (await host.read('/etc/wish')).text,
    apply: (host) => host.run`follow`,
  },
})

const follow: FakeProgram = ['follow', (it) => (it.files.set('/after', it.files.get('/etc/wish')!) ? '' : '')]

describe('what is derived', () => {
  it('needs a person where its settling fails', async () => {
    const { ended, host } = await generating(() => ({ exitCode: 3 }))

    expect(ended).toMatchObject({
      result: 'needs-a-person',
      code: 'E_COMMAND_FAILED',
      text: 'exit 3: generate',
      step: 'config-generated',
    })
    expect(host.owner?.state).toBe('owned')
  })

  it('needs a person where its settling failed, though it looks as it should', async () => {
    const { ended } = await generating((it) => {
      it.files.set('/boot/cfg', textFile('old\n'))
      return { exitCode: 3 }
    })

    expect(ended).toMatchObject({ result: 'needs-a-person', code: 'E_COMMAND_FAILED', step: 'config-generated' })
  })

  it('needs a person where its settling has no effect, and the journal says so too', async () => {
    const { ended, rows } = await generating(() => '')

    expect(ended).toMatchObject({ result: 'needs-a-person', code: 'E_NOT_CURRENT', step: 'config-generated' })
    const settling = rows.findLast((row) => row.type === 'outcome' && row.act === 'settle')
    expect(settling).toMatchObject({ result: { outcome: 'needs-a-person', code: 'E_NOT_CURRENT' } })
  })

  it('is written down under the act of settling before it begins', async () => {
    const { rows, host } = await generating((it) => {
      it.files.set('/boot/cfg', textFile('old\n'))
      return ''
    })

    const begun = rows.flatMap((row) => (row.type === 'intent' ? [`${row.act} ${row.step}`] : []))
    expect(begun.slice(2)).toEqual(['undo wish-written', 'settle config-generated'])
    expect(host.markers.at(-1)).toMatchObject({ step: 'config-generated', act: 'settle', state: 'ended' })
  })

  it('is settled behind a reboot too, where it stands behind it', async () => {
    const host = toyHost({ commands: [follow, [...PENDING]] })
    const [journal, clock] = [memoryJournal(), fakeClock()]
    const runbook = toyRunbook([wishWritten, configGenerated, booted, followed])
    await runOn(runbook, {}, [host], { journal, clock })

    const { report } = await rollbackOn(runbook, [host], { journal, clock, reboot: true })

    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', text: '1 undone, 3 settled' })
    expect([host.counters.boots, textOf(host, '/after')]).toEqual([2, 'old\n'])
  })
})

describe('a reboot on the way back that was written down before its controller died', () => {
  it('is followed to its end by a rollback without --reboot: it may be under way already', async () => {
    const host = toyHost({ commands: [[...PENDING]] })
    const [journal, clock] = [memoryJournal(), fakeClock()]
    const runbook = toyRunbook(WHOLE)
    await runOn(runbook, {}, [host], { journal, clock })
    const death = { after: 'row', type: 'intent', act: 'settle', step: 'wish-booted' } as const
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
    await expect(rollbackOn(runbook, [host], { ...ports, clock, reboot: true })).rejects.toThrow(ControllerDied)

    const { report } = await rollbackOn(runbook, [host], { journal, clock })

    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', text: '1 undone, 2 settled' })
    expect(report.hosts[0]).not.toHaveProperty('code')
    expect([host.counters.boots, textOf(host, '/run/live'), host.owner?.state]).toEqual([2, 'old\n', 'released'])
  })
})

describe('a host on its way back', () => {
  /** Runs one step, and sends it back over a guard that does otherwise. */
  async function back(otherwise: (guard: Guard) => Partial<Guard>) {
    const host = fakeHost({ name: 'hv-01' })
    const [journal, clock] = [memoryJournal(), fakeClock()]
    const runbook = toyRunbook([restorable('one')])
    await runOn(runbook, {}, [host], { journal, clock })
    const transport = withGuard(fakeTransport({ hosts: [host], clock }), otherwise)
    const { report } = await rollbackOn(runbook, [host], { journal, clock, transport })
    return { host, ended: report.hosts[0] }
  }

  it('that another run has taken is left to it', async () => {
    const taken = new NotOwner('owned by run other', { code: 'E_LOCKED', remedy: 'Wait.' })

    const { ended, host } = await back(() => ({ change: () => Promise.reject(taken) }))

    expect(ended).toMatchObject({ result: 'failed', code: 'E_LOCKED', remedy: 'Wait.', owned: 'another run' })
    expect([host.owner?.state, textOf(host, '/one')]).toEqual(['owned', 'new\n'])
  })

  it('whose line is lost is gone on with once it answers', async () => {
    let lost = false
    const { ended, host } = await back((guard) => ({
      async change(request) {
        if (lost) return guard.change(request)
        lost = true
        throw new HostUnreachable('the line was lost', { stage: 'lost', retry: true })
      },
    }))

    expect(ended).toMatchObject({ result: 'rolled-back', text: '1 undone, 0 settled' })
    expect([host.owner?.state, textOf(host, '/one')]).toEqual(['released', null])
  })

  it('is not said to have been sent there by an undoing that failed at first', async () => {
    let busy = true
    const reluctant = restorable('one', {
      rollback: (session, found) => (busy ? Promise.reject(new TypeError('busy')) : session.restore('/one', found)),
    })
    const host = fakeHost({ name: 'hv-01' })
    const journal = memoryJournal()
    await runOn(toyRunbook([reluctant]), {}, [host], { journal })
    await rollbackOn(toyRunbook([reluctant]), [host], { journal })
    busy = false

    const { report } = await rollbackOn(toyRunbook([reluctant]), [host], { journal })

    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', text: '1 undone, 0 settled' })
  })
})
