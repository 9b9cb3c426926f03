import { afterAll, beforeAll } from 'vitest'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import type { Flavour, HostModel } from '../../../src/rehearsal/hosts/host-model.ts'
import { cleanUp } from '../command-line.ts'

export interface Cast<Part extends string> {
  readonly set: ContainerSet
  /** The host that plays each part. */
  readonly hosts: Readonly<Record<Part, ContainerHost>>
}

/** The cast of a file: up before its tests, down behind them, with whatever its laptops left on this machine. */
export function useParts<Part extends string>(
  models: Readonly<Record<Part, HostModel>>,
  flavour: Flavour = 'debian',
): Cast<Part> {
  let cast: Cast<Part> | undefined
  const up = (): Cast<Part> => {
    if (!cast) throw new Error('the hosts come up before the first test, and are not up yet')
    return cast
  }
  beforeAll(async () => {
    cast = await upParts(models, flavour)
  })
  afterAll(async () => {
    await cast?.set.down()
    await cleanUp()
  })
  return {
    get set() {
      return up().set
    },
    get hosts() {
      return up().hosts
    },
  }
}

/** Brings up one host for each part, side by side. */
export async function upParts<Part extends string>(
  models: Readonly<Record<Part, HostModel>>,
  flavour: Flavour = 'debian',
): Promise<Cast<Part>> {
  const cast = Object.entries<HostModel>(models)
  const model = (index: number): HostModel => cast[index]?.[1] ?? {}
  const set = await upHosts({ count: cast.length, model, flavour, say: () => {}, mayInstall: async () => true })
  const hosts = Object.fromEntries(cast.map(([part], index) => [part, set.hosts[index]]))
  // As many hosts came up as there are parts.
  return { set, hosts: hosts as Record<Part, ContainerHost> }
}
