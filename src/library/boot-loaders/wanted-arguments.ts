import type { BootLoaderName } from './boot-loader.ts'

/** The variables of GRUB that carry kernel arguments: `_DEFAULT` leaves the recovery entries without them. */
export type GrubVariable = 'GRUB_CMDLINE_LINUX_DEFAULT' | 'GRUB_CMDLINE_LINUX'

export const GRUB_VARIABLES: readonly GrubVariable[] = ['GRUB_CMDLINE_LINUX_DEFAULT', 'GRUB_CMDLINE_LINUX']

/** How a host's boot loader is to be told of arguments. */
export interface BootWish {
  readonly runbook: string
  /** Default: as the boot loader's family has it, `_DEFAULT` on Debian and GRUB_CMDLINE_LINUX on RHEL. */
  readonly variable?: GrubVariable | undefined
  /** Default `auto`: what the host's files tell. */
  readonly bootLoader?: BootLoaderName | 'auto' | undefined
}

/** Kernel arguments that a runbook wants, and how to tell whether a command line has them. */
export interface WantedArguments extends BootWish {
  /** Names the drop-in: 99-runbook-TOPIC.cfg. */
  readonly topic: string
  /** The arguments as they are written, without a quote, a dollar sign or a backtick. */
  readonly block: string
  /** Keys that only this runbook may name, with `-` as `_`. */
  readonly keys: readonly string[]
  /** Keys of others that change what the arguments do. */
  readonly neighbours: readonly string[]
  /** Does a command line say exactly this, once, and nothing else under these keys? */
  readonly carries: (line: string) => boolean
  /** Does a kernel with this command line behave as wanted? */
  readonly means: (line: string) => boolean
  /** Would two command lines have the same effect, as far as these keys go? */
  readonly same: (a: string, b: string) => boolean
}
