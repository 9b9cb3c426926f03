import { type Check, needed, satisfied } from '../../../model/check.ts'
import { type Command, sh } from '../../../model/command.ts'
import type { Note } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { CPU_FOLDER } from '../../facts/kernel/cpu-power.ts'
import { kernelFiles } from '../../facts/kernel/kernel-files.ts'
import { cpuListText, readCpuList } from '../../formats/kernel/cpu-list.ts'

/** A file in the folder of each CPU and what it shall say, such as `cpufreq/scaling_governor`. */
export type PerCpuValue = { readonly file: string; readonly value: string }

/** Which CPUs said what: a list of CPUs instead of hundreds of paths. */
export type PerCpuFound = { readonly before: readonly (PerCpuValue & { readonly cpus: string })[] }

export interface PerCpuParts {
  readonly id: string
  /** Asked of the host: CPUs differ in what they have. */
  readonly values: (host: Probe) => Promise<readonly PerCpuValue[]>
  readonly notes?: (host: Probe) => Promise<readonly Note[]>
}

/** Every CPU that has the file says the same. CPUs without it are passed over. */
export const perCpuValues = ({ id, values, notes }: PerCpuParts): ChangeStep<PerCpuFound> =>
  step<PerCpuFound>({
    id,
    async check(host): Promise<Check<PerCpuFound>> {
      const [wished, told] = await Promise.all([values(host), notes?.(host) ?? []])
      const before = await differingOn(host, wished)
      if (before.length === 0) return satisfied(summary(wished), { notes: told })
      const changes = before.map(
        ({ file, value, cpus }) => `${file} on CPU ${cpus} to ${wishedValue(wished, file)} (now ${value})`,
      )
      return needed(`set ${changes.join(', ')}`, { before }, { notes: told })
    },
    async apply(host, { before }) {
      const wished = await values(host)
      await host.run(writes(before.map((one) => ({ ...one, value: wishedValue(wished, one.file) }))))
    },
    rollback: (host, { before }) => host.run(writes(before)),
  })

/** Does every CPU that has the files say so already? */
export const perCpuHold = async (host: Probe, values: readonly PerCpuValue[]): Promise<boolean> =>
  (await differingOn(host, values)).length === 0

async function differingOn(host: Probe, wished: readonly PerCpuValue[]): Promise<PerCpuFound['before']> {
  const files = await host.ask(kernelFiles(wished.map(({ file }) => `${CPU_FOLDER}/cpu[0-9]*/${file}`)))
  return wished.flatMap((one) => differing(one, files))
}

function differing({ file, value }: PerCpuValue, files: ReadonlyMap<string, string>): PerCpuFound['before'] {
  const others = [...files].flatMap(([path, now]) => {
    const cpu = path.endsWith(`/${file}`) && now !== value ? /\/cpu(\d+)\//.exec(path)?.[1] : undefined
    return cpu === undefined ? [] : [{ now, cpu: Number(cpu) }]
  })
  return [...Map.groupBy(others, ({ now }) => now)].map(([now, cpus]) => ({
    file,
    value: now,
    cpus: cpuListText(cpus.map(({ cpu }) => cpu)),
  }))
}

/** One command that writes every file, and fails when one of them cannot be written. */
function writes(all: PerCpuFound['before']): Command {
  const loops = all.map(
    ({ file, value, cpus }) =>
      sh`for c in ${readCpuList(cpus) ?? []}; do printf '%s\\n' ${value} >"${raw(CPU_FOLDER)}/cpu$c/${raw(file)}" || r=1; done;`,
  )
  return sh`r=0; ${loops.reduce((text, loop) => sh`${text} ${loop}`, sh``)} exit "$r"`
}

/** Text that stands within double quotes already: our own, without anything that a shell reads. */
const raw = (text: string): Command => ({ kind: 'command', text })

const wishedValue = (wished: readonly PerCpuValue[], file: string): string =>
  wished.find((one) => one.file === file)?.value ?? ''

const summary = (wished: readonly PerCpuValue[]): string =>
  wished.length === 0 ? 'there is nothing to set' : wished.map(({ file, value }) => `${file} is ${value}`).join(', ')
