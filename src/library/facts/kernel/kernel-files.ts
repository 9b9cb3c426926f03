import type { Command } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { answered } from '../answered.ts'

/** Path to content, without the newline at its end. */
export type KernelFiles = ReadonlyMap<string, string>

/**
 * One-line files of /proc and /sys by their path. A pattern may hold `*` and `[0-9]`. Files that are not there, that
 * vanish meanwhile or that cannot be read, such as write-only ones, are left out.
 *
 *     kernelFiles(['/sys/kernel/mm/ksm/run'])   // Map { '/sys/kernel/mm/ksm/run' => '0' }
 */
export const kernelFiles = (patterns: readonly string[]): Fact<KernelFiles> =>
  fact(question(patterns), (answer) => readKernelFiles(answered(answer, 'its kernel files')))

/** Reads lines of `PATH=CONTENT`. */
export const readKernelFiles = (text: string): KernelFiles =>
  new Map([...text.matchAll(/^(\/[^=\n]*)=(.*)$/gm)].map(([, path = '', content = '']) => [path, content]))

/** Which of these files can a change write? A container sees many of them read-only. */
export const writableFiles = (paths: readonly string[]): Fact<readonly string[]> =>
  fact(
    { kind: 'command', text: `for f in ${globs(paths)}; do if [ -w "$f" ]; then printf '%s\\n' "$f"; fi; done` },
    (answer) =>
      answered(answer, 'which kernel files can be written')
        .split('\n')
        .filter((path) => path !== ''),
  )

function question(patterns: readonly string[]): Command {
  const say = `if v=$(cat "$f" 2>/dev/null); then printf '%s=%s\\n' "$f" "$v"; fi`
  return { kind: 'command', text: `for f in ${globs(patterns)}; do if [ -f "$f" ]; then ${say}; fi; done` }
}

/** Patterns stay unquoted, so that the shell expands them: only what no shell reads otherwise may stand in one. */
function globs(patterns: readonly string[]): string {
  const odd = patterns.find((pattern) => !/^\/[A-Za-z0-9_.,:/*[\]-]+$/.test(pattern))
  if (odd !== undefined) throw new TypeError(`not a pattern for kernel files: ${JSON.stringify(odd)}`)
  return patterns.join(' ')
}
