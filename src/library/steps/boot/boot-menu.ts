import type { ChangeStep, Gate } from '../../../model/step.ts'
import type { BootLoaderName } from '../../boot-loaders/boot-loader.ts'
import type { BootWish, WantedArguments } from '../../boot-loaders/wanted-arguments.ts'
import { bootConfig } from './boot-config.ts'
import { bootEntries } from './boot-entries.ts'
import { bootFilesAreUnmanaged, bootLoaderCanBeEdited } from './boot-loader-gate.ts'
import { tunedLeavesArgumentsAlone } from './tuned-gate.ts'

/** Nobody else brings the arguments, and the boot loader can be edited. */
export const argumentsCanBeBooted = (wanted: WantedArguments): readonly Gate[] => [
  tunedLeavesArgumentsAlone(wanted),
  bootLoaderCanBeEdited(wanted),
  bootFilesAreUnmanaged(wanted),
]

/** What the next boot reads carries the arguments, be it entries that are edited or a menu that is generated. */
export const bootMenu = (wanted: WantedArguments): readonly ChangeStep[] => [bootEntries(wanted), bootConfig(wanted)]

/** The wish of a runbook's parameters `grubVar` and `bootloader`. */
export const bootWish = (
  runbook: string,
  {
    grubVar,
    bootloader,
  }: { readonly grubVar?: 'default' | 'linux' | undefined; readonly bootloader?: BootLoaderName | 'auto' },
): BootWish => ({
  runbook,
  bootLoader: bootloader,
  ...(grubVar === undefined
    ? {}
    : { variable: grubVar === 'default' ? 'GRUB_CMDLINE_LINUX_DEFAULT' : 'GRUB_CMDLINE_LINUX' }),
})
