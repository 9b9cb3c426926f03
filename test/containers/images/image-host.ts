import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import type { HostModel } from '../../../src/rehearsal/hosts/host-model.ts'
import { type Ended, type Going, laptop } from '../command-line.ts'

/** The image of flavour `images`: 600 MiB, /dev/sda1 and /dev/sda2, the latter with ext4 up to its end. */
export const IMAGE = '/srv/images/rb-image.qcow2'
export const MIB = 1024 ** 2
/** The first build of the flavour fetches 150 MB of packages. */
export const BUILT = 15 * 60_000

/** Runs without a virtual machine but one take seconds; that one, without KVM and beside other tests, some minutes. */
const DEADLINE = 15 * 60_000

/** A host with images, and an operator who enlarges them. Parameters are written as `size=1G`. */
export interface ImageHost {
  readonly host: ContainerHost
  start(...params: readonly string[]): Going
  run(...params: readonly string[]): Promise<Ended>
  plan(...params: readonly string[]): Promise<Ended>
  /** Starts another verb on a run, such as `rollback`. */
  again(verb: string, run: string): Going
  /** Standard output of shell text, typed as root at the machine itself. */
  sh(script: string): Promise<string>
  /** How often virt-resize was started. */
  resizes(): Promise<number>
}

/** Brings up one host for each model. {@link ContainerSet.down} takes them down again. */
export async function upImageHosts(
  models: readonly HostModel[],
): Promise<[set: ContainerSet, hosts: readonly ImageHost[]]> {
  const set = await upHosts({
    count: models.length,
    flavour: 'images',
    model: (index) => models[index] ?? {},
    // Building the flavour takes a while when it was never built: it says so.
    say: (line) => void process.stderr.write(`${line}\n`),
    mayInstall: async () => true,
  })
  return [set, await Promise.all(set.hosts.map((host) => imageHost(set, host)))]
}

async function imageHost(set: ContainerSet, host: ContainerHost): Promise<ImageHost> {
  const operator = await laptop(undefined, { deadline: DEADLINE })
  const words = (verb: string, params: readonly string[]) => [
    verb,
    'qcow2-resize',
    ...['-i', set.inventory, '-l', host.name, '--json'],
    ...params.flatMap((param) => (param.startsWith('--') ? [param] : ['-e', param])),
  ]
  const start: ImageHost['start'] = (...params) => operator.start(...words('run', params), '--yes')
  return {
    host,
    start,
    run: (...params) => start(...params).ended,
    plan: (...params) => operator.type(...words('plan', params)),
    again: (verb, run) => operator.start(verb, run, '--json', '--yes'),
    sh: async (script) => (await host.inside(script)).stdout,
    resizes: async () => (await host.counted('virt-resize')).length,
  }
}
