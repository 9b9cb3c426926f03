import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'

const UNITS = join(import.meta.dirname, '../../docs/fleet')
const CALLS = '/srv/runbooks/calls'
/** In place of the program: notes how it was called, and ends as the test wishes. */
const PROGRAM = `#!/bin/sh
echo "$(id -un): $* in $(pwd)" >>${CALLS}
exit "$(cat /srv/runbooks/exit)"
`

let set: ContainerSet
let host: ContainerHost
const inside = async (script: string) => (await host.inside(script)).stdout.trim()
const state = () => inside('systemctl show -p Result,ExecMainStatus --value runbook-drift.service | xargs')

beforeAll(async () => {
  set = await upHosts({ count: 1, say: () => {}, mayInstall: async () => true })
  host = set.hosts[0]!
  await host.inside('cat >/usr/bin/runbook && chmod +x /usr/bin/runbook', PROGRAM)
  for (const unit of ['runbook-drift.service', 'runbook-drift.timer']) {
    await host.inside(`cat >/etc/systemd/system/${unit}`, await readFile(join(UNITS, unit), 'utf8'))
  }
  await host.inside('useradd --system runbook && install -d -o runbook /srv/runbooks && systemctl daemon-reload')
})
afterAll(() => set?.down())

describe('the systemd units of a drift every morning', () => {
  test('are ones that systemd has nothing to say about', async () => {
    const { exitCode, stdout, stderr } = await host.inside(
      'systemd-analyze verify runbook-drift.service runbook-drift.timer',
    )

    expect({ exitCode, said: stdout + stderr }).toEqual({ exitCode: 0, said: '' })
  })

  test('look as the user of the runs, in the folder of the project, and fail where a host differs', async () => {
    await host.inside('echo 8 >/srv/runbooks/exit; systemctl start runbook-drift.service')
    const differing = await state()
    await host.inside('echo 0 >/srv/runbooks/exit; systemctl start runbook-drift.service')

    expect(differing).toBe('exit-code 8')
    expect(await state()).toBe('success 0')
    expect(await inside(`sort -u ${CALLS}`)).toBe('runbook: drift --no-input in /srv/runbooks')
  })

  test('are started by the timer, which is on from boot once it is enabled', async () => {
    const soon = '[Timer]\nOnActiveSec=1s\nRandomizedDelaySec=0\nAccuracySec=100ms\n'
    await host.inside('d=/etc/systemd/system/runbook-drift.timer.d; mkdir $d && cat >$d/soon.conf', soon)
    await host.inside(`rm ${CALLS}; systemctl daemon-reload; systemctl enable --now runbook-drift.timer`)

    await expect.poll(() => inside(`cat ${CALLS}`), { timeout: 30_000, interval: 200 }).toContain('drift')

    expect(await inside('systemctl is-enabled runbook-drift.timer')).toBe('enabled')
    expect(await inside('systemctl show -p TimersCalendar --value runbook-drift.timer')).toContain('*-*-* 06:00:00')
  })
})
