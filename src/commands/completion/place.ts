import { FLAGS, type FlagName } from '../flags.ts'
import type { Verb } from '../verb.ts'

/** What stands at the cursor. `before` was typed and stays; `typed` is what candidates begin with. */
export type Place =
  | { readonly kind: 'verb'; readonly before: ''; readonly typed: string }
  | { readonly kind: 'flag'; readonly before: ''; readonly typed: string }
  | { readonly kind: 'files' }
  | { readonly kind: 'value'; readonly flag: FlagName; readonly before: string; readonly typed: string }
  | { readonly kind: 'word'; readonly word: string; readonly before: string; readonly typed: string }

const FILES: readonly FlagName[] = ['vars', 'sudoPasswordFile', 'output']

/** The place at the end of the words behind `runbook`; `verb` is the one that they begin with, if they do. Null: none. */
export function placeOf(words: readonly string[], verb: Verb | null): Place | null {
  const last = words.at(-1) ?? ''
  if (!verb) return { kind: 'verb', before: '', typed: last }
  const { flag, plain } = readBefore(words.slice(1, -1), verb)
  if (flag !== null) return value(flag, '', last)
  const [, long, text] = /^(--[a-z-]+=)(.*)$/.exec(last) ?? []
  if (long !== undefined && text !== undefined) {
    const named = flagOf(long.slice(0, -1), verb)
    return named ? value(named, long, text) : null
  }
  if (last.startsWith('-')) return { kind: 'flag', before: '', typed: last }
  const word = verb.words[plain] ?? (verb.words.at(-1)?.includes('...') ? verb.words.at(-1) : undefined)
  if (word === undefined) return null
  const name = word.replaceAll(/[<>[\].]/g, '')
  return name === 'path' ? { kind: 'files' } : { kind: 'word', word: name, ...listed(name === 'hosts', '', last) }
}

/** The flag that still wants its value, if any, and how many plain words there are. */
function readBefore(words: readonly string[], verb: Verb): { flag: FlagName | null; plain: number } {
  let flag: FlagName | null = null
  let plain = 0
  for (const word of words) {
    if (flag !== null) flag = null
    else if (/^-[a-z]$|^--[a-z-]+$/.test(word)) flag = flagOf(word, verb)
    else if (!word.startsWith('-')) plain += 1
  }
  return { flag, plain }
}

/** A flag of the verb that takes a value. */
const flagOf = (word: string, verb: Verb): FlagName | null =>
  verb.flags.find((name) => FLAGS[name].read && flagWords(name).includes(word)) ?? null

/** `-i` and `--inventory`. */
export const flagWords = (name: FlagName): readonly string[] => FLAGS[name].usage.match(/--?[a-z][a-z-]*/g) ?? []

function value(flag: FlagName, before: string, text: string): Place {
  if (FILES.includes(flag)) return { kind: 'files' }
  return { kind: 'value', flag, ...listed(flag === 'limit' || flag === 'drill', before, text) }
}

/** Of several names with signs between them, as in `a:&b:!c` and `kill,reboot`, the last one is unfinished. */
function listed(isList: boolean, before: string, text: string): { before: string; typed: string } {
  const start = isList ? (/^.*[:,][&!]?|^[&!]/.exec(text)?.[0].length ?? 0) : 0
  return { before: before + text.slice(0, start), typed: text.slice(start) }
}
