import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import { containerSite } from './crash-site.ts'

let set: ContainerSet

beforeAll(async () => {
  set = await upHosts({ count: 1, say: () => {}, mayInstall: async () => true })
})

afterAll(() => set?.down())

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
