import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import { cleanUp, laptop } from './command-line.ts'
import { containerSite } from './crash-site.ts'

let set: ContainerSet

beforeAll(async () => {
  set = await upHosts({ count: 1, say: () => {}, mayInstall: async () => true })
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

it('stops a reboot that the run had asked for, before the host is anybody else’s', async () => {
  const host = set.hosts[0]!
  const site = await containerSite(set, host)
  await site.run({ death: { after: 'row', type: 'claim' } })
  // The request of a run, with more than its 2 s, so that a busy machine is in time.
  await host.inside(
    'systemd-run --unit=runbook-reboot-first --on-active=15 --timer-property=AccuracySec=100ms systemctl reboot',
  )

  await site.unlock('first')
  await sleep(17_000)

  const timers = await host.inside('systemctl list-timers --all --no-legend "runbook-*"')
  expect(timers.stdout.trim()).toBe('')
  expect((await site.counts()).boots).toBe(0)
})

it('ends what still runs of a run that has let go of the host, which refuses every other run until then', async () => {
  const host = set.hosts[0]!
  const { type } = await laptop()
  const dropsCaches = () => type('run', 'drop-caches', '-i', set.inventory, '--yes', '--json')
  const { run } = await dropsCaches()
  // As if its command had outlived its guard.
  await host.inside(`
    cd /var/lib/runbook/runs/${run}/markers; setsid sleep 777 </dev/null >/dev/null 2>&1 & sleep 0.2
    pid=$(pgrep -f '^sleep 777') start=$(awk '{ print $22 }' "/proc/$pid/stat")
    sed -i "/^exit=/d; s/^pid=.*/pid=$pid/; s/^start=.*/start=$start/" caches-dropped.apply.1.1
    echo "$PWD/caches-dropped.apply.1.1" >/var/lib/runbook/running`)

  const refused = await dropsCaches()
  const unlocked = await type('unlock', run, '--yes')

  expect(refused.report?.hosts[0]).toMatchObject({
    code: 'E_STILL_RUNNING',
    remedy: `Wait until it has ended, or end it: runbook unlock ${run}`,
  })
  expect(unlocked.stderr + unlocked.stdout).toMatch(/unlocked, epoch \d+; ended: caches-dropped/)
  expect((await host.inside("pgrep -f '^sleep 777' || true")).stdout).toBe('')
  expect((await dropsCaches()).exitCode).toBe(0)
})
