import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { UsageError } from '../../model/errors.ts'
import type { Verb } from '../verb.ts'

const SHELLS: readonly string[] = ['bash', 'zsh', 'fish']

/** The script by which a shell completes command lines of runbook: it asks runbook itself at each Tab. */
export const completion: Verb = {
  words: ['<bash|zsh|fish>'],
  flags: [],
  examples: [
    ['source <(runbook completion bash)', 'in ~/.bashrc'],
    ['source <(runbook completion zsh)', 'in ~/.zshrc, behind compinit'],
    ['runbook completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  async act({ operator, words: [shell = ''] }) {
    if (!SHELLS.includes(shell)) {
      throw new UsageError(`runbook completion ${shell}: it is bash, zsh or fish`, {
        remedy: 'runbook completion --help',
      })
    }
    const text = readFileSync(join(import.meta.dirname, 'scripts', `completion.${shell}`), 'utf8')
    for (const line of text.trimEnd().split('\n')) operator.put(line)
    return 0
  },
}
