import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'

const UNIT = join(import.meta.dirname, '../../docs/fleet/runbook-worker.service')
const STARTS = '/var/lib/runbook-worker/starts'
/** In place of the program: its lease runs out the first time, and after SIGTERM it ends as the worker does. */
const PROGRAM = `#!/bin/sh
echo "$(id -un): $* on $RUNBOOK_STORE, state in $XDG_STATE_HOME" >>${STARTS}
[ "$(wc -l <${STARTS})" -gt 1 ] || exit 75
trap 'echo drained >>${STARTS}; exit 143' TERM
while :; do sleep 0.1; done
`

let set: ContainerSet
let host: ContainerHost
const inside = async (script: string) => (await host.inside(script)).stdout.trim()

beforeAll(async () => {
  set = await upHosts({ count: 1, say: () => {}, mayInstall: async () => true })
  host = set.hosts[0]!
  await host.inside('cat >/usr/bin/runbook && chmod +x /usr/bin/runbook', PROGRAM)
  await host.inside('cat >/etc/systemd/system/runbook-worker.service', await readFile(UNIT, 'utf8'))
  await host.inside('useradd --system runbook && mkdir /etc/runbook')
  await host.inside('echo RUNBOOK_STORE=postgres://db/runbook >/etc/runbook/worker.env && systemctl daemon-reload')
})
afterAll(() => set?.down())

describe('the systemd unit of a worker', () => {
  test('is one that systemd has nothing to say about', async () => {
    const { exitCode, stdout, stderr } = await host.inside('systemd-analyze verify runbook-worker.service')

    expect({ exitCode, said: stdout + stderr }).toEqual({ exitCode: 0, said: '' })
  })

  test('starts it anew when its lease ran out, and lets it finish when it is stopped', async () => {
    const records = await inside('stat -c %U /var/lib/runbook 2>/dev/null || echo absent')
    await host.inside('systemctl start runbook-worker')
    await expect.poll(() => inside(`wc -l <${STARTS}`), { timeout: 30_000, interval: 200 }).toBe('2')
    await host.inside('systemctl stop runbook-worker')

    const started = 'runbook: worker on postgres://db/runbook, state in /var/lib/runbook-worker'
    expect(await inside(`cat ${STARTS}`)).toBe([started, started, 'drained'].join('\n'))
    expect(await inside('systemctl show -p Result --value runbook-worker')).toBe('success')
    // What a host keeps of its owner is none of the worker's, where a worker's machine is a host too.
    expect(await inside('stat -c %U /var/lib/runbook 2>/dev/null || echo absent')).toBe(records)
  })
})
