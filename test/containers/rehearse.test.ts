import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readRehearsals } from '../../src/rehearsal/read-rehearsal.ts'
import { type RehearsalRequest, rehearse } from '../../src/rehearsal/rehearse.ts'

const project = join(import.meta.dirname, '../..')
const [rehearsal] = await readRehearsals(join(project, 'runbooks/hugepages-1g.rehearsal.yaml'), 'hugepages-1g')
const request: Omit<RehearsalRequest, 'cli'> = {
  rehearsal: rehearsal!,
  runbook: 'hugepages-1g',
  hosts: 1,
  drills: ['kill', 'reboot'],
  params: ['count1g=4', 'count2m=64'],
  keep: false,
  signal: new AbortController().signal,
  say: () => {},
  mayInstall: async () => true,
}

describe('a rehearsal', () => {
  test('of hugepages-1g passes with every drill, and says which steps a container cannot prove', async () => {
    const verdict = await rehearse({ ...request, cli: [process.execPath, join(project, 'src/main.ts')] })

    expect(verdict.phases.filter((phase) => !phase.passed)).toEqual([])
    expect(verdict.summary).toBe('passed, 6 of 16 steps emulated, 2 not exercised')
    expect(verdict.files['rb-01']).toMatchObject([
      { path: '/boot/grub/grub.cfg', act: 'changed' },
      { path: '/etc/default/grub.d/99-runbook-hugepages.cfg', act: 'added' },
      { path: '/etc/systemd/system/dev-hugepages1G.mount', act: 'added' },
      { path: '/etc/systemd/system/dev-hugepages2M.mount', act: 'added' },
      { path: '/etc/systemd/system/sysinit.target.wants/dev-hugepages1G.mount', act: 'added' },
      { path: '/etc/systemd/system/sysinit.target.wants/dev-hugepages2M.mount', act: 'added' },
    ])
  })

  test('fails and names each promise that a bad command line breaks', async () => {
    const cli = [process.execPath, join(project, 'test/rehearsal/mischief.ts')]
    const verdict = await rehearse({ ...request, drills: [], cli })

    expect(verdict).toMatchObject({ result: 'failed', exitCode: 3 })
    const wrong = Object.fromEntries(
      verdict.phases.filter((each) => !each.passed).map(({ name, text }) => [name, text]),
    )
    expect(wrong).toEqual({
      'plan leaves no trace': 'rb-01: the plan added /var/tmp/left-by-the-plan (written (A))',
      run: 'run printed a line that is no JSON: a line that is no JSON',
      'run again': expect.stringMatching(
        /^the second run printed a line that is no JSON: .*\nrb-01 did the-file again\nrb-01: the second run changed \/etc\/changed-by-every-run/,
      ),
      'one reboot': 'rb-01 counted 0 reboots, not 1',
      'run before rollback': expect.stringContaining('rb-02 counted 0 reboots, not 1'),
      rollback: expect.stringMatching(
        /rb-01 is changed after the rollback(.|\n)*added \/etc\/changed-by-every-run(.|\n)*rb-02 counted 0 reboots, not 2/,
      ),
    })
  })
})
