/** What a test host that is a virtual machine is made of. Nothing in it is emulated but the machine itself. */
export interface VmModel {
  /** NUMA nodes. Default two of 2 GiB with one processor each. */
  readonly nodes?: readonly VmNode[]
  /** Does the processor offer 1 GiB pages? Default true. */
  readonly pdpe1gb?: boolean
  /** Network cards beside the one that the host is reached by. Default none. */
  readonly cards?: readonly VmCard[]
  /** Units that run, now and at boot, such as irqbalance.service. Default none. */
  readonly services?: readonly string[]
  /** Size of a file that it swaps to, by its fstab. Default none. */
  readonly swapFile?: Size
  /** Guests of its libvirt, running. Each is a few bytes of program that keeps a processor halted. Default none. */
  readonly guests?: readonly VmGuest[]
}

export interface VmNode {
  readonly memory: Size
  /** Default 1. */
  readonly processors?: number
}

export type VmCard = 'virtio' | 'e1000e'

export interface VmGuest {
  readonly name: string
  readonly memory: Size
}

type Size = `${number}${'M' | 'G'}`

// A key that is missing here is a fault of types.
const KEYS: Readonly<Record<keyof VmModel, true>> = {
  nodes: true,
  pdpe1gb: true,
  cards: true,
  services: true,
  swapFile: true,
  guests: true,
}

/** What may stand in a model, for whoever reads one. */
export const VM_KEYS: readonly string[] = Object.keys(KEYS)

export const DEFAULT_NODES: readonly VmNode[] = [{ memory: '2G' }, { memory: '2G' }]
