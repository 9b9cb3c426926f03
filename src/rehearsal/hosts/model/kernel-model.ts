/** The part of a machine that tuning of the kernel, of processors and of memory is about. */
export interface KernelModel {
  /** Processors of each node. Default 4 cores with 2 threads: 16 CPUs on two nodes, the threads of a core 8 apart. */
  readonly cpus?: { readonly coresPerNode?: number; readonly threads?: 1 | 2 }
  /** Who sets the clock of the processors; `none` as in most guests, without idle states too. Default `intel_pstate`. */
  readonly cpufreq?: 'intel_pstate' | 'acpi-cpufreq' | 'none'
  /** What the kernel was built with; its command line wins. Default `madvise`, as on Ubuntu. */
  readonly transparentHugePages?: 'always' | 'madvise' | 'never'
  /** Is there a compressed cache in front of swap? Default false. */
  readonly zswap?: boolean
  /** Devices and files that `swapon` knows, such as `/dev/vda2`. Default none. */
  readonly swaps?: readonly SwapModel[]
  /** Units that the first boot enables, such as `tuned.service`, `irqbalance.service` or `zramswap.service`. */
  readonly services?: readonly string[]
}

export interface SwapModel {
  readonly path: string
  readonly size: `${number}${'M' | 'G'}`
  /** What a boot finds swapped out. Default nothing. */
  readonly used?: `${number}${'M' | 'G'}`
  /** Default: the kernel chooses, from -2 down. */
  readonly priority?: number
  /** Does fstab switch it on at boot? Default true; `zramswap.service` does it for `/dev/zram0`. */
  readonly fstab?: boolean
}

/** What the emulated kernel and the programs around it count. */
export interface KernelCounts {
  /** Files of the kernel that were written: what, and what they said afterwards. Huge page pools are not among them. */
  readonly kernel: { readonly path: string; readonly written: string; readonly says: string }
  readonly swaps: { readonly program: 'swapon' | 'swapoff'; readonly arguments: readonly string[] }
  /** Starts of irqbalance, with the CPUs that it was told to spare. */
  readonly irqbalance: { readonly invocation: string; readonly banned: string }
}

export const KERNEL_KEYS: Readonly<Record<keyof KernelModel, true>> = {
  cpus: true,
  cpufreq: true,
  transparentHugePages: true,
  zswap: true,
  swaps: true,
  services: true,
}
