import { readFile } from 'node:fs/promises'
import { RunbookError } from '../model/errors.ts'
import { printableLine } from '../model/printable.ts'
import { withLock } from './docker/lock.ts'
import { type Consent, needPrograms } from './docker/packages.ts'
import { cacheFolder } from './docker/places.ts'
import { told } from './docker/progress.ts'
import {
  type HostSet,
  hostName,
  makeSet,
  ownSetName,
  removeFiles,
  SetExists,
  setFiles,
  writeAccess,
} from './hosts/host-set.ts'
import { freePorts, VM_PORTS } from './hosts/ports.ts'
import { accelerator } from './vm/accelerator.ts'
import type { Machine } from './vm/qemu-arguments.ts'
import { machinesOf, orphanedSets, powerOn, QEMU, removeMachines } from './vm/virtual-machine.ts'
import { vmFiles } from './vm/vm-files.ts'
import { type VmHost, vmHost } from './vm/vm-host.ts'
import { vmImage } from './vm/vm-image.ts'
import type { VmModel } from './vm/vm-model.ts'

export interface VmsRequest extends Consent {
  readonly count: number
  /** Name of the set, of which there may be several. Default: a name of its own for this process. */
  readonly set?: string
  /** What each is made of, by its place in the set. */
  readonly model?: (index: number) => VmModel
  /** They outlive this process. Default false. */
  readonly keep?: boolean
}

/**
 * Brings up virtual machines side by side, named rb-01 and on: a real kernel, GRUB, systemd, libvirt. Without KVM a boot
 * takes most of a minute. What killed processes left behind is removed first.
 */
export async function upVms(request: VmsRequest): Promise<HostSet<VmHost>> {
  const { say, count, set = ownSetName() } = request
  await needPrograms(['ssh-keygen', QEMU, 'qemu-img'], request)
  const by = await accelerator()
  const image = await vmImage(by, request)
  for (const orphan of await orphanedSets()) await removeSet(orphan)
  if ((await machinesOf(set)).length > 0) throw new SetExists(set)
  const publicKey = await makeSet(set)
  try {
    const how = by === 'tcg' ? ' without KVM' : ''
    const hosts = await told(say, `boot ${count} virtual machines${how}`, () =>
      bootAll(request, set, image, by, publicKey),
    )
    await writeAccess(set, { hosts, vars: VARS, overrides: {} })
    return hostSet(set, hosts)
  } catch (error) {
    await removeSet(set)
    throw error
  }
}

/** A kept set, made by whatever process; undefined where none of this name is virtual machines. */
export async function findVms(set: string): Promise<HostSet<VmHost> | undefined> {
  const records = await machinesOf(set)
  return records.length === 0
    ? undefined
    : hostSet(
        set,
        records.map(({ name, port }) => vmHost(set, name, port)),
      )
}

/** These machines are small: a host of 4 GiB cannot keep 8 GiB for itself. */
const VARS = { hostReserve: '1G' }

function hostSet(set: string, hosts: readonly VmHost[]): HostSet<VmHost> {
  return { ...setFiles(set), set, hosts, vars: VARS, overrides: {}, down: () => removeSet(set), leave: async () => {} }
}

async function removeSet(set: string): Promise<void> {
  await removeMachines(set)
  await removeFiles(set)
}

async function bootAll(
  { count, model = () => ({}), keep = false }: VmsRequest,
  set: string,
  image: string,
  by: Machine['accelerator'],
  publicKey: string,
): Promise<readonly VmHost[]> {
  const machines = await withLock(`${cacheFolder()}/ports.lock`, async () => {
    const ports = await freePorts(VM_PORTS, count)
    const each = ports.map((port, index): Machine => {
      const name = hostName(index)
      return { name, port, files: vmFiles(set, name), model: model(index), accelerator: by }
    })
    // The next to choose ports sees these once QEMU listens on them.
    await Promise.all(each.map((machine) => powerOn(machine, image, { keep })))
    return each
  })
  return Promise.all(
    machines.map(async ({ name, port, files, model }) => {
      const host = vmHost(set, name, port)
      if (!(await host.booted())) {
        throw new RunbookError(`virtual machine ${name} did not boot. Its console:\n${await lastLines(files.log)}`, {
          code: 'E_TEST_HOST',
          remedy: 'See what is missing there; on a busy machine ask for fewer hosts.',
        })
      }
      await host.settle(publicKey, model)
      return host
    }),
  )
}

/** Their files go with the set that did not come up: what they say is told instead of where it stood. */
async function lastLines(path: string): Promise<string> {
  const text = await readFile(path, 'latin1').catch(() => '')
  return text.split(/\r?\n/).slice(-20).map(printableLine).join('\n')
}
