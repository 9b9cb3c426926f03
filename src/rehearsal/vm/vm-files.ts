import { join } from 'node:path'
import { setFiles } from '../hosts/host-set.ts'

/** Files of one virtual machine, in a folder of their own below its set's. */
export interface VmFiles {
  readonly folder: string
  /** Disk that it boots from, over the image. */
  readonly system: string
  /** Second disk, empty. */
  readonly data: string
  /** What it ever wrote to its serial console. */
  readonly log: string
  /** What QEMU itself says. */
  readonly complaints: string
  /** Sockets: of the console, of the guest agent, of QEMU's monitor. */
  readonly console: string
  readonly agent: string
  readonly monitor: string
  /** What other processes must know of it. */
  readonly record: string
}

export const vmsFolder = (set: string): string => join(setFiles(set).folder, 'vms')

export function vmFiles(set: string, name: string): VmFiles {
  const folder = join(vmsFolder(set), name)
  const at = (file: string) => join(folder, file)
  return {
    folder,
    system: at('system.qcow2'),
    data: at('data.qcow2'),
    log: at('console.log'),
    complaints: at('qemu.log'),
    console: at('console.sock'),
    agent: at('agent.sock'),
    monitor: at('qmp.sock'),
    record: at('vm.json'),
  }
}
