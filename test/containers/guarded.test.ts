import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'
import { containerSite } from './crash-site.ts'

const runbook = 'guarded'
const textOn = async (host: ContainerHost) => (await host.inside('cat /etc/runbook-guarded.conf')).stdout

let set: ContainerSet

beforeAll(async () => {
  set = await upHosts({ count: 5, say: () => {}, mayInstall: async () => true })
})

afterAll(() => set?.down())

describe("a dead-man's switch on container hosts", { concurrent: true }, () => {
  it('is disarmed over a new line when the change leaves the host reachable', async () => {
    const host = set.hosts[0]!
    const site = await containerSite(set, host)

    const report = await site.run({ runbook })
    await sleep(14_000)

    expect(report?.hosts[0]).toMatchObject({ result: 'changed' })
    expect(await textOn(host)).toBe('new\n')
  })

  it('puts back a change that cuts its own line, and the run says so', async () => {
    const host = set.hosts[1]!
    const site = await containerSite(set, host, { cuts: true })

    const report = await site.run({ runbook })

    expect(report?.hosts[0]).toMatchObject({ result: 'failed', code: 'E_REVERTED' })
    expect(report?.exitCode).toBe(3)
    expect(await textOn(host)).toBe('old\n')
  })

  it('puts it back although the controller died meanwhile', async () => {
    const host = set.hosts[2]!
    const site = await containerSite(set, host, { cuts: true })
    const death = { after: 'start-of-call', verb: 'change', milliseconds: 1_500 } as const

    const died = await site.run({ runbook, death })
    await sleep(15_000)
    const text = await textOn(host)
    const report = await site.resume({ runbook })

    expect(died).toBeNull()
    expect(text).toBe('old\n')
    expect(report?.hosts[0]).toMatchObject({ result: 'failed', code: 'E_REVERTED' })
  })

  it('is disarmed by a resume in time', async () => {
    const host = set.hosts[3]!
    const site = await containerSite(set, host)

    const died = await site.run({ runbook, death: { after: 'call', verb: 'change' } })
    const report = await site.resume({ runbook })
    await sleep(14_000)

    expect(died).toBeNull()
    expect(report?.hosts[0]).toMatchObject({ result: 'changed' })
    expect(await textOn(host)).toBe('new\n')
  })
})

describe("a dead-man's switch of which a guard was killed", () => {
  it('leaves no timer behind the word that disarmed it', async () => {
    const host = set.hosts[4]!
    const site = await containerSite(set, host)
    const timers = async () =>
      (await host.inside('systemctl list-units --all --plain --no-legend "runbook-switch-*"')).stdout

    const died = await site.run({ runbook, death: { after: 'before-call', verb: 'disarm' } })
    const armed = await timers()
    await host.inside('cd /var/lib/runbook/runs/*/switches && echo disarmed >"$(grep -lx armed *.switch.*)"')
    const report = await site.resume({ runbook })

    expect([died, armed]).toEqual([null, expect.stringContaining('.timer')])
    expect(report?.hosts[0]).toMatchObject({ result: 'changed' })
    expect(await timers()).toBe('')
  })
})
