import type { VmFiles } from './vm-files.ts'
import { DEFAULT_NODES, type VmCard, type VmModel } from './vm-model.ts'

export interface Machine {
  readonly name: string
  /** On 127.0.0.1, forwarded to its sshd. */
  readonly port: number
  readonly files: VmFiles
  readonly model: VmModel
  readonly accelerator: Accelerator
}

/** `tcg` translates instructions and needs nothing of the machine; `kvm` runs them. */
export type Accelerator = 'kvm' | 'tcg'

/**
 * The words that start a virtual machine: q35, disks and cards on virtio, serial console in a file and on a socket, guest
 * agent. Its network reaches nothing but this machine's forwarded port.
 */
export function qemuArguments({ name, port, files, model, accelerator }: Machine): readonly string[] {
  const { cards = [] } = model
  return [
    ...['-name', `guest=${name}`, '-no-user-config', '-nodefaults', '-display', 'none'],
    ...['-machine', 'q35', '-accel', ACCEL[accelerator], '-rtc', 'base=utc', ...memoryWords(model)],
    // A killed virtual machine is thrown away: what the guest flushes need not reach the disk of this machine.
    ...['-drive', `file=${escaped(files.system)},format=qcow2,if=none,id=system,cache=unsafe,discard=unmap`],
    ...['-device', 'virtio-blk-pci,drive=system,serial=system,bootindex=1'],
    ...['-drive', `file=${escaped(files.data)},format=qcow2,if=none,id=data,cache=unsafe,discard=unmap`],
    ...['-device', 'virtio-blk-pci,drive=data,serial=data'],
    ...card(0, 'virtio', `,hostfwd=tcp:127.0.0.1:${port}-:22`),
    ...cards.flatMap((kind, index) => card(index + 1, kind)),
    ...['-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
    ...['-chardev', `socket,id=agent,path=${escaped(files.agent)},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
    ...[
      '-chardev',
      `socket,id=console,path=${escaped(files.console)},server=on,wait=off,logfile=${escaped(files.log)}`,
    ],
    ...['-serial', 'chardev:console', '-qmp', `unix:${escaped(files.monitor)},server=on,wait=off`],
  ]
}

// QEMU keeps what it has translated until its cache is full, and each byte written to a page of which it holds code costs
// it milliseconds: of 1 GiB, its default, the next boot's GRUB needs minutes to copy its menu over the last boot's code.
const ACCEL: Readonly<Record<Accelerator, string>> = { kvm: 'kvm', tcg: 'tcg,tb-size=128' }

/** The words for processors and memory. */
export function memoryWords({ nodes = DEFAULT_NODES, pdpe1gb = true }: VmModel): readonly string[] {
  let processors = 0
  const words = nodes.flatMap((node, index) => {
    const first = processors
    processors += node.processors ?? 1
    const cpus = processors - first === 1 ? `${first}` : `${first}-${processors - 1}`
    return [
      ...['-object', `memory-backend-ram,id=node${index},size=${node.memory}`],
      ...['-numa', `node,nodeid=${index},cpus=${cpus},memdev=node${index}`],
    ]
  })
  const megabytes = nodes.reduce(
    (sum, node) => sum + parseInt(node.memory, 10) * (node.memory.endsWith('G') ? 1024 : 1),
    0,
  )
  return ['-cpu', pdpe1gb ? 'max' : 'max,-pdpe1gb', '-m', `${megabytes}M`, '-smp', `${processors}`, ...words]
}

const DEVICE: Readonly<Record<VmCard, string>> = { virtio: 'virtio-net-pci', e1000e: 'e1000e' }

function card(index: number, kind: VmCard, forwards = ''): readonly string[] {
  return [
    ...['-netdev', `user,id=net${index},net=10.0.${index + 2}.0/24,restrict=on${forwards}`],
    ...['-device', `${DEVICE[kind]},netdev=net${index},mac=52:54:00:12:34:${(0x50 + index).toString(16)}`],
  ]
}

/** A comma in a value is written twice. */
const escaped = (path: string): string => path.replaceAll(',', ',,')
