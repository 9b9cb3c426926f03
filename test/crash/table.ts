import { expect } from 'vitest'
import { backward, bracket, DONE, forward, type Line, row, sentBack, summary } from './lines.ts'
import type { Going } from './site.ts'

export const PARAMS = { count1g: 4, count2m: 64 }

const other: Going = { run: 'second', journal: 'other' }
const GUESTS = 'boot-config'
const REBOOT = 'reboot-into'

export const TABLE: readonly Line[] = [
  forward('run row', 'resume plans all hosts, from the stored connections', row('run')),
  forward('some planned rows', 'plans the rest, asks for those alone', row('planned')),
  forward('approved', 'claims; gates are asked again at their place', row('approved')),
  forward('host swap, before the claim row', 'claims again, epoch + 1', { after: 'call', verb: 'claim' }),
  forward('claim', 're-check, intent', row('claim')),
  forward('intent, no byte left', 'void; re-check with a new found', row('intent', { step: 'kernel-arguments' })),
  forward('intent, command running', 'met by its marker, waited for, then the check', {
    after: 'start-of-call',
    verb: 'change',
    step: 'boot-config',
    nth: 2,
    milliseconds: 80,
  }),
  forward('rename done, no outcome', 'check satisfied, counted changed', {
    after: 'call',
    verb: 'change',
    step: 'kernel-arguments',
  }),
  {
    killedAfter: 'rename done, then `run` instead of `resume`',
    expected: 'the pending list still owes the restart',
    async play(site) {
      expect(await site.run({ death: row('outcome', { step: 'mounted-2m' }) })).toBeNull()
      expect((await site.state()).restartOwed).toBe(true)

      const refused = await site.run(other)
      await site.unlock('first')
      const report = await site.run({ ...other, run: 'third' })

      expect(refused?.exitCode).toBe(6)
      expect(refused?.hosts[0]?.text).toContain('first')
      expect(summary(report)).toEqual({ exitCode: 0, result: 'changed', code: undefined })
      expect(report?.hosts[0]?.steps.find(({ step }) => step === 'libvirt-started-after-mounts')?.outcome).toBe(
        'changed',
      )
      expect(await site.state()).toEqual(DONE)
    },
  },
  {
    killedAfter: 'outcome of boot-config, guests arrived since',
    expected: "the reboot's own gate blocks; host partial",
    async play(site) {
      expect(await site.run({ death: row('outcome', { step: GUESTS }) })).toBeNull()
      await site.guestsArrive()

      const report = await site.resume()

      expect(summary(report)).toEqual({ exitCode: 3, result: 'partial', code: 'E_GUESTS_RUNNING' })
      expect((await site.counts()).boots).toBe(0)
      expect((await site.state()).owner).toBe('owned')
    },
  },
  forward('checkpoint, before the request', 'the same conditional request', row('intent', { step: REBOOT })),
  forward('request sent', 'boot id differs: no second request', { after: 'call', verb: 'requestReboot' }),
  {
    killedAfter: 'request sent, other owner wants the host',
    expected: 'exit 6; `unlock` stops the timer first',
    async play(site) {
      await site.rebootRequests('ignored')
      expect(await site.run({ death: { after: 'call', verb: 'requestReboot' } })).toBeNull()

      const refused = await site.run(other)
      await site.rebootRequests('honoured')
      expect(await site.resume({ death: { after: 'call', verb: 'requestReboot' } })).toBeNull()
      // The timer fires after 2 s: on a busy machine the host may be on its way down before it is unlocked.
      await untilReached(() => site.unlock('first'))
      const after = await site.run({ ...other, run: 'third' })

      expect(refused?.exitCode).toBe(6)
      expect(refused?.hosts[0]?.text).toContain('first')
      expect(summary(after)).toEqual({ exitCode: 0, result: 'changed', code: undefined })
      expect((await site.counts()).boots).toBe(1)
    },
  },
  {
    killedAfter: 'host back without arguments, no outcome',
    expected: 'boot id differs: E_CMDLINE_NOT_APPLIED, no second request',
    async play(site) {
      await site.boots('without-arguments')
      expect(await site.run({ death: { after: 'call', verb: 'requestReboot' } })).toBeNull()

      const report = await site.resume()
      const again = await site.resume()

      expect(summary(report)).toEqual({ exitCode: 3, result: 'failed', code: 'E_CMDLINE_NOT_APPLIED' })
      expect(summary(again)).toEqual({ exitCode: 3, result: 'failed', code: 'E_CMDLINE_NOT_APPLIED' })
      expect((await site.counts()).boots).toBe(1)
    },
  },
  {
    killedAfter: 'host never back',
    expected: 'needs-a-person, owner kept, exit 3',
    async play(site) {
      await site.boots('never')

      const report = await site.run()

      expect(summary(report)).toEqual({ exitCode: 3, result: 'needs-a-person', code: 'E_HOST_NOT_BACK' })
      expect(report?.hosts[0]?.owned).toBeDefined()
    },
  },
  forward('mount made, libvirt not restarted', '`readBy` on the mount: restart owed', {
    after: 'call',
    verb: 'change',
    step: 'mounted-2m',
    nth: 2,
  }),
  ...(['enter', 'apply', 'leave'] as const).flatMap((act) => [
    bracket(`inside \`during\`: intent of ${act}`, row('intent', { act })),
    bracket(`inside \`during\`: outcome of ${act}`, row('outcome', { act })),
  ]),
  forward('last outcome, before release', 'released on the host, then in the journal', {
    after: 'before-call',
    verb: 'release',
  }),
  forward('release on the host, before its row', 'the release is written by resume', {
    after: 'call',
    verb: 'release',
  }),
  sentBack(
    'checkpoint, before the request, then `rollback`',
    'never asked for: undone without a boot',
    row('intent', { step: REBOOT }),
    [0],
  ),
  // The timer fires after 2 s: on a real host it is stopped in time, or the boot is waited for and put back by another.
  sentBack(
    'request sent, then `rollback`',
    'the request is stopped, or its boot is put back',
    { after: 'call', verb: 'requestReboot' },
    [0, 2],
  ),
  backward('rollback, first undo', 'goes on backward', row('outcome', { act: 'undo' })),
  backward('rollback, undo under way', 'goes on backward', row('intent', { act: 'undo', nth: 2 })),
  backward(
    'rollback, boot-config settled',
    '`current` proves it, not the wish',
    row('outcome', { act: 'settle', step: 'boot-config' }),
  ),
  backward(
    'rollback `--reboot`, before the request',
    'gate, then the same conditional request',
    row('intent', { act: 'settle', step: REBOOT }),
  ),
]

/** A host that is booting cannot be unlocked yet. */
async function untilReached(act: () => Promise<void>, tries = 20): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (tries === 0) throw error
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await untilReached(act, tries - 1)
  }
}
