import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'
import { containerSite } from './crash-site.ts'

const runbook = 'guarded'
const textOn = async (host: ContainerHost) => (await host.inside('cat /etc/runbook-guarded.conf')).stdout

describe("a dead-man's switch on container hosts", { concurrent: true }, () => {
  let set: ContainerSet

  beforeAll(async () => {
    set = await upHosts({ count: 4, say: () => {}, mayInstall: async () => true })
  })

  afterAll(() => set?.down())

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
