import { Command, CommanderError, Option } from 'commander'

import { UsageError } from '../model/errors.ts'
import { FLAGS, type FlagName, type Options, variableOf } from './flags.ts'
import type { Operator } from './operator.ts'
import type { Verb } from './verb.ts'
import type { VerbEntry } from './verb-table.ts'

/** What was typed after the name of a verb. Null when it was only help that was wanted, which is out by now. */
export function readWords(
  { name, summary }: VerbEntry,
  verb: Verb,
  typed: readonly string[],
  operator: Operator,
): { readonly words: readonly string[]; readonly options: Options } | null {
  const command = new Command(`runbook ${name}`)
    .description(summary)
    .exitOverride()
    .configureOutput({ writeOut: (text) => operator.put(text.trimEnd()), writeErr: () => {} })
    .helpOption('-h, --help', 'this help')
  for (const word of verb.words) command.argument(word)
  for (const flag of verb.flags) command.addOption(optionOf(flag))
  if (verb.examples.length > 0) command.addHelpText('after', examples(verb))
  try {
    command.parse([...typed], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return null
    const message = error.message.replace(/^error: /, '')
    throw new UsageError(`runbook ${name}: ${message}`, { remedy: `runbook ${name} --help`, cause: error })
  }
  const words = command.processedArgs.flat().filter((word): word is string => typeof word === 'string')
  return { words, options: withEnvironment(command, verb.flags, operator.environment) }
}

function optionOf(name: FlagName): Option {
  const { usage, help, read, many } = FLAGS[name]
  const option = new Option(usage, help)
  if (!read) return option
  const gather = (value: string, before: unknown): unknown => (many ? [before ?? [], read(value)].flat() : read(value))
  return option.argParser(gather)
}

/** Flags win; what they do not say, RUNBOOK_NAME may. */
function withEnvironment(command: Command, flags: readonly FlagName[], environment: Operator['environment']): Options {
  const said = flags.map((name): readonly [string, unknown] => {
    if (command.getOptionValueSource(name) === 'cli') return [name, command.getOptionValue(name)]
    const variable = variableOf(name)
    const text = environment[variable]
    if (text === undefined || text === '') return [name, undefined]
    const { read, many } = FLAGS[name]
    if (!read) return [name, name === 'input' ? !switchOf(variable, text) : switchOf(variable, text)]
    return [name, many ? [read(text)].flat() : read(text)]
  })
  // Each value was read by the reader of its own flag.
  return Object.fromEntries(said.filter(([, value]) => value !== undefined)) as Options
}

function switchOf(variable: string, text: string): boolean {
  if (/^(1|true|yes)$/i.test(text)) return true
  if (/^(0|false|no)$/i.test(text)) return false
  throw new UsageError(`${variable}=${JSON.stringify(text)}: it must be 1 or 0`)
}

function examples({ examples }: Verb): string {
  const longest = Math.max(...examples.map(([command]) => command.length))
  return ['', 'Examples', ...examples.map(([command, does]) => `  ${command.padEnd(longest)}  ${does}`)].join('\n')
}
