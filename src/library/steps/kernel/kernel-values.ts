import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { type Command, sh } from '../../../model/command.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { kernelFiles } from '../../facts/kernel/kernel-files.ts'
import { activeWord } from '../../formats/bracket-word.ts'

/** One file of /proc or /sys and what it shall say. */
export type KernelValue = { readonly path: string; readonly value: string }

/** The files that differed and what they said. */
export type KernelValuesFound = { readonly before: readonly KernelValue[] }

export interface KernelValuesParts {
  readonly id: string
  readonly values: readonly KernelValue[]
  /** Brings them about as the next boot will, which tries that out too. Default: write each file. */
  readonly by?: Command
  /** A file that this kernel does not have blocks the host, or is passed over. Default `blocked`. */
  readonly missing?: 'blocked' | 'passed-over'
}

/**
 * Files of the running kernel have these values; of a list of words the one in brackets counts. It is lost at the next
 * boot: another step makes it persistent. Proved by reading back, for the kernel accepts some words without obeying.
 */
export const kernelValues = ({
  id,
  values: wished,
  by,
  missing = 'blocked',
}: KernelValuesParts): ChangeStep<KernelValuesFound> =>
  step<KernelValuesFound>({
    id,
    async check(host): Promise<Check<KernelValuesFound>> {
      const files = await host.ask(kernelFiles(wished.map(({ path }) => path)))
      const values = wished.filter(({ path }) => files.has(path))
      const [absent] = wished.filter(({ path }) => !files.has(path))
      if (absent && missing === 'blocked') return noSuchFile(host.name, absent.path)
      const differ = values.filter(({ path, value }) => wordOf(files.get(path)) !== value)
      if (differ.length === 0)
        return satisfied(
          values.length === 0
            ? 'this kernel has none of them'
            : `the running kernel has ${values.map(inWords).join(', ')}`,
        )
      const before = differ.map(({ path }) => ({ path, value: wordOf(files.get(path)) }))
      const changes = differ.map((one, index) => `${inWords(one)} (now ${before[index]?.value})`)
      return needed(`set ${changes.join(', ')}`, { before })
    },
    apply: (host, { before }) => host.run(by ?? writeValues(wished.filter((one) => changed(one, before)))),
    rollback: (host, { before }) => host.run(writeValues(before)),
  })

/** One command that writes every file, and fails when one of them cannot be written. */
export const writeValues = (values: readonly KernelValue[]): Command => {
  const writes = values.map(({ path, value }) => sh`printf '%s\\n' ${value} >${path} || r=1;`)
  return sh`r=0; ${writes.reduce((all, one) => sh`${all} ${one}`, sh``)} exit "$r"`
}

/** Do the files say so already? A file that the kernel does not have is passed over. */
export async function valuesHold(host: Probe, values: readonly KernelValue[]): Promise<boolean> {
  const files = await host.ask(kernelFiles(values.map(({ path }) => path)))
  return values.every(({ path, value }) => !files.has(path) || wordOf(files.get(path)) === value)
}

/** What the file says: the active word of a list, else all of it. */
const wordOf = (text = ''): string => activeWord(text) ?? text.trim()

const changed = ({ path }: KernelValue, before: readonly KernelValue[]): boolean =>
  before.some((one) => one.path === path)

const inWords = ({ path, value }: KernelValue): string => `${path.split('/').slice(-2).join('/')}=${value}`

const noSuchFile = (host: string, path: string) =>
  blocked({
    code: 'E_KERNEL_FILE_MISSING',
    because: `the kernel of ${host} has no ${path}`,
    remedy: 'Leave the parameter out for this host, or boot a kernel that has it.',
  })
