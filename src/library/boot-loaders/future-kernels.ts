import type { Probe } from '../../model/probe.ts'
import { KERNEL_CMDLINE } from '../facts/boot/surroundings.ts'
import { GRUB_DEFAULTS, type GrubFile, grubFiles, grubVariables, grubVariablesOf } from '../facts/grub.ts'
import { variableWith } from '../formats/boot/variable-with.ts'
import { kernelArguments, replaceArguments } from '../formats/kernel-command-line.ts'
import { shellAssignments } from '../formats/shell-assignments.ts'
import type { FileWish, Reason } from './boot-loader.ts'
import { complexFault, lineOf, syntaxFault } from './refusals.ts'
import { GRUB_VARIABLES, type GrubVariable, type WantedArguments } from './wanted-arguments.ts'

/**
 * The files that kernels installed later take their arguments from on RHEL and its kin: GRUB_CMDLINE_LINUX of
 * /etc/default/grub, and /etc/kernel/cmdline where kernel-install finds it. RHEL's generators read no drop-ins.
 */
export async function futureKernels(host: Probe, wanted: WantedArguments): Promise<readonly FileWish[]> {
  const [defaults, ofKernels] = await Promise.all([host.read(GRUB_DEFAULTS), kernelCmdline(host, wanted, null)])
  const { text, fingerprint } = defaults
  return [{ path: GRUB_DEFAULTS, before: fingerprint, text, wish: defaultsWith(text, wanted) }, ...ofKernels]
}

/** /etc/kernel/cmdline with the arguments; where it is missing it is made from `otherwise`, or not at all. */
export async function kernelCmdline(
  host: Probe,
  { keys, block }: WantedArguments,
  otherwise: string | null,
): Promise<readonly FileWish[]> {
  const { state, text, fingerprint } = await host.read(KERNEL_CMDLINE)
  if (state === 'absent' && otherwise === null) return []
  const line = state === 'absent' ? (otherwise ?? '') : text.split('\n').join(' ')
  return [{ path: KERNEL_CMDLINE, before: fingerprint, text, wish: `${replaceArguments(line, keys, block)}\n` }]
}

/** Why /etc/default/grub cannot be edited; asked of the host only where its text leaves a doubt. */
export async function defaultsFault(host: Probe, wanted: WantedArguments): Promise<Reason | null> {
  const [files, now] = await Promise.all([host.ask(grubFiles), host.ask(grubVariables)])
  const own = files.filter(({ path }) => path === GRUB_DEFAULTS)
  const broken = syntaxFault(own, 'grub2-mkconfig')
  if (broken) return broken
  const [{ text } = { text: '' }] = own
  const plain = shellAssignments(text, GRUB_VARIABLES).every(({ raw }) => !/[`$]/.test(raw))
  if (plain && now !== null && !names(lineOf(now), wanted)) return null
  const after = await host.ask(grubVariablesOf([defaultsWith(text, wanted)]))
  if (after !== null && wanted.carries(lineOf(after))) return null
  const remedy = `Assign the variable once, plainly and in double quotes, in ${GRUB_DEFAULTS}.`
  return complexFault(variableOf(wanted), wanted, { files: own as readonly GrubFile[], remedy })
}

const defaultsWith = (text: string, wanted: WantedArguments): string =>
  variableWith(text, { variable: variableOf(wanted), names: GRUB_VARIABLES, keys: wanted.keys, block: wanted.block })

/** RHEL's entries know no recovery that would leave out `_DEFAULT`. */
const variableOf = ({ variable }: WantedArguments): GrubVariable => variable ?? 'GRUB_CMDLINE_LINUX'

const names = (line: string, { keys }: WantedArguments): boolean =>
  kernelArguments(line).some(({ key }) => keys.includes(key))
