import { describe, expect, it } from 'vitest'

import { needed } from '../../../src/model/check.ts'
import { sh } from '../../../src/model/command.ts'
import { CommandFailed } from '../../../src/model/errors.ts'
import { guarded, once, type Step } from '../../../src/model/step.ts'
import { fakeClock, fakeTransport, memoryJournal, runOn, textFile, textOf } from '../../../src/testing.ts'
import { withGuard } from '../steps/with-guard.ts'
import { restorable } from '../steps/written.ts'
import { PENDING, toyHost, toyRunbook, WHOLE } from '../toy.ts'

/** A run that goes back where a step fails. */
async function run(steps: readonly Step[], host = toyHost({ commands: [[...PENDING]] })) {
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const { report } = await runOn(toyRunbook(steps, { onFailure: 'rollback' }), {}, [host], { journal, clock })
  return { host, ended: report.hosts[0] }
}

describe('a runbook that goes back where a step fails', () => {
  it('lets a host that ends well be', async () => {
    const { ended, host } = await run([restorable('one')])

    expect(ended).toMatchObject({ result: 'changed', sentBackBy: null })
    expect(textOf(host, '/one')).toBe('new\n')
  })

  it('reboots no host for that: a person says so', async () => {
    const failing = once({ id: 'failing', does: 'fail', command: sh`fail` })

    const { ended, host } = await run([...WHOLE, failing])

    expect(ended).toMatchObject({ result: 'rolled-back', code: 'W_REBOOT_PENDING', sentBackBy: 'runbook' })
    expect([host.counters.boots, textOf(host, '/etc/wish'), host.owner?.state]).toEqual([1, 'old\n', 'owned'])
  })

  it('leaves a host as it stands where a person is to look', async () => {
    const host = toyHost()
    const surprised = restorable('two', {
      async apply(session) {
        host.files.set('/one', textFile('third hand\n'))
        await session.restore('/one', 'absent')
      },
    })

    const { ended } = await run([restorable('one'), surprised], host)

    expect(ended).toMatchObject({ result: 'needs-a-person', code: 'E_CHANGED_SINCE', sentBackBy: null })
    expect(textOf(host, '/one')).toBe('third hand\n')
  })

  it('says that a step failed, and not that it is put back, where nothing had begun', async () => {
    const [host, clock] = [toyHost(), fakeClock()]
    const cut = guarded<null>({
      id: 'cut',
      within: '60s',
      check: async () => needed('cut', null),
      apply: (session) => session.run`cut`,
      revert: () => sh`mend`,
    })
    const transport = withGuard(fakeTransport({ hosts: [host], clock }), () => ({
      arm: () => Promise.reject(new CommandFailed('no timers here', { exitCode: 1, tail: '' })),
    }))

    const { report } = await runOn(toyRunbook([cut], { onFailure: 'rollback' }), {}, [host], { clock, transport })

    expect(report.hosts[0]).toMatchObject({ result: 'failed', text: 'no timers here', sentBackBy: null })
  })
})
