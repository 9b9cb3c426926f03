import type { BlockedCheck } from '../../model/check.ts'
import type { Note } from '../../model/note.ts'
import type { Probe, Session } from '../../model/probe.ts'
import type { WantedArguments } from './wanted-arguments.ts'

export const BOOT_LOADERS = ['grub-debian', 'grub2-bls', 'grub2-classic', 'systemd-boot'] as const
export type BootLoaderName = (typeof BOOT_LOADERS)[number]

/** A file as it is and as it should be. */
export interface FileWish {
  readonly path: string
  /** Fingerprint of the file as it is. */
  readonly before: string
  readonly text: string
  readonly wish: string
  /** The whole file belongs to the runbook: one of somebody else's is never overwritten. */
  readonly owned?: boolean
}

/** Why a boot loader is not edited. */
export type Reason = Pick<BlockedCheck, 'code' | 'because' | 'remedy'>

/**
 * How kernel arguments reach the kernel on one kind of host. There are three layers: what is *configured* for menus and
 * kernels to come, what the next boot *reads*, and what runs; only the first two are here. All that takes a `Probe` looks only.
 */
export interface BootLoader {
  readonly name: BootLoaderName
  /** As people say it. */
  readonly title: string
  /** What forbids to edit it on this host; null when nothing does. */
  refusal(host: Probe, wanted: WantedArguments): Promise<Reason | null>
  /** What the operator should know of the way back over the console. */
  notes(host: Probe): Promise<readonly Note[]>
  /** The files of others that name the arguments, as they should be. */
  conflicts(host: Probe, wanted: WantedArguments): Promise<readonly FileWish[]>
  /** The files from which menus and kernels to come take the arguments. */
  configured(host: Probe, wanted: WantedArguments): Promise<readonly FileWish[]>
  /** What keeps that which the next boot reads from carrying the arguments, as half sentences. */
  faults(host: Probe, wanted: WantedArguments): Promise<readonly string[]>
  /** The command line of the entry that the next boot takes; empty where there is none. */
  nextLine(host: Probe): Promise<string>
  /** How that which the next boot reads comes about. */
  readonly menu: GeneratedMenu | EditedEntries
}

/** A menu that a program generates from the configured files: going back generates it anew. */
export interface GeneratedMenu {
  readonly kind: 'generated'
  readonly path: string
  /** The program, in the words of a plan. */
  readonly by: string
  generate(host: Session): Promise<void>
  /** Is it what its present inputs generate? */
  current(host: Probe): Promise<boolean>
}

/** Entries that are edited where they are: going back puts their first bytes back. */
export interface EditedEntries {
  readonly kind: 'edited'
  /** The program, in the words of a plan. */
  readonly by: string
  /** Every file that an edit may touch. */
  files(host: Probe): Promise<readonly string[]>
  /** Brings the arguments into every normal entry; keeps each file right before a command that may rewrite it. */
  edit(host: Session, wanted: WantedArguments): Promise<void>
  /** Entries that were not among `known`, such as those of kernels installed since, without the arguments. */
  newcomers(host: Probe, wanted: WantedArguments, known: readonly string[]): Promise<readonly FileWish[]>
  /** What is no file's bytes to put back: arguments among variables of the boot loader. */
  readonly variable?: LineVariable
}

/** A command line in a variable that the boot loader also writes to itself, so that its file's bytes say nothing. */
export interface LineVariable {
  /** What it is now; null where it is not set. */
  read(host: Probe): Promise<string | null>
  write(host: Session, line: string): Promise<void>
}
