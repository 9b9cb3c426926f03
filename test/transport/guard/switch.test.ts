import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RealSite, useLine } from '../conformance/real-line.ts'
import { realHost } from '../hosts/real-host.ts'

let site: RealSite & { readonly scratch: string }
beforeAll(async () => {
  site = await realHost()
})
afterAll(() => site.down())
const line = useLine(() => site)

const timers = async () => (await site.inside(`cd ${site.scratch}/units && ls -A | grep runbook-switch`)).stdout.trim()

describe("a dead-man's switch that is armed anew", () => {
  test('takes the place of the last one that was armed, which is not always the one of the attempt before', async () => {
    const named = { token: await line.claim(), step: 'away' }
    const arm = (attempt: number) => line.connection.guard.arm({ ...named, attempt, within: '10m', revert: 'exit 0' })

    const replaced = [await arm(1), await arm(3)]

    expect(replaced).toEqual(['none', 'disarmed'])
    expect(await line.connection.guard.disarm({ ...named, attempt: 2 })).toBe('none')
    expect(await timers()).toBe(`runbook-switch-${line.run}.timer`)
    expect(await line.connection.guard.disarm({ ...named, attempt: 3 })).toBe('disarmed')
    expect(await timers()).toBe('')
  })

  test('tells that the one before had fired, and how its way back ended', async () => {
    const named = { token: await line.claim(), step: 'away' }
    const guard = line.connection.guard
    await guard.arm({ ...named, attempt: 1, within: '10m', revert: 'exit 0' })
    await guard.fire({ ...named, attempt: 1 })
    const token = await line.claim()
    const replaced = await guard.arm({ ...named, token, attempt: 2, within: '10m', revert: 'exit 4' })
    await guard.fire({ ...named, token, attempt: 2 })

    const again = await guard.arm({ ...named, token: await line.claim(), attempt: 4, within: '10m', revert: 'exit 0' })

    expect([replaced, again]).toEqual(['reverted', 'fired'])
  })
})
