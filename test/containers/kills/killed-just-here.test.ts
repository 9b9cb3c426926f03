import { afterAll, beforeAll, describe, it } from 'vitest'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { Line } from '../../crash/lines.ts'
import { TABLE } from '../../crash/table.ts'
import { containerSite } from '../crash-site.ts'

/** Every systemd takes several of the machine's inotify instances, of which there are 128 by default. */
const HOSTS_AT_A_TIME = 6

const waves = Array.from({ length: Math.ceil(TABLE.length / HOSTS_AT_A_TIME) }, (_, wave) =>
  TABLE.slice(wave * HOSTS_AT_A_TIME, (wave + 1) * HOSTS_AT_A_TIME),
)

describe.each(waves.map((lines, wave) => [wave + 1, lines] as const))(
  'killed just here, on container hosts (wave %i)',
  (_wave, lines) => {
    let set: ContainerSet

    beforeAll(async () => {
      set = await upHosts({ count: lines.length, say: () => {}, mayInstall: async () => true })
    })

    afterAll(() => set?.down())

    // Tests of one wave side by side; the waves one after the other.
    it.concurrent.each(lines.map((line, index) => [line.killedAfter, line.expected, { line, index }] as const))(
      '%s: %s',
      async (_after, _expected, { line, index }) => {
        await line.play(await containerSite(set, set.hosts[index]!, paramsOf(line)))
      },
    )
  },
)

/** A host that never comes back is given up after seconds here, not after half an hour. */
const paramsOf = ({ killedAfter }: Line) => (killedAfter === 'host never back' ? { rebootTimeout: '20s' } : {})
