import { afterAll, beforeAll, describe, it } from 'vitest'
import { type HostSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import { TABLE } from '../crash/table.ts'
import { containerSite } from './crash-site.ts'

let set: HostSet

beforeAll(async () => {
  set = await upHosts({ count: TABLE.length, say: () => {}, mayInstall: async () => true })
})

afterAll(() => set?.down())

describe('killed just here, on container hosts', { concurrent: true }, () => {
  it.each(TABLE.map((line, index) => [line.killedAfter, line.expected, index] as const))(
    '%s: %s',
    async (_after, _then, index) => {
      // A host that never comes back is given up after seconds, not after half an hour.
      const params = TABLE[index]!.killedAfter === 'host never back' ? { rebootTimeout: '20s' } : {}
      await TABLE[index]!.play(await containerSite(set, set.hosts[index]!, params))
    },
  )
})
