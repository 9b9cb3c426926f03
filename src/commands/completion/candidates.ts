import { inventoryNames } from '../../inventory/inventory-names.ts'
import { loadRunbook, usableNames } from '../find.ts'
import { FLAGS, type FlagName } from '../flags.ts'
import type { Operator } from '../operator.ts'
import { findProject, type Project } from '../project/find-project.ts'
import type { Verb } from '../verb.ts'
import { VERBS } from '../verb-table.ts'
import { hostNames } from './host-names.ts'
import { parameterWords } from './parameter-words.ts'
import { flagWords, type Place } from './place.ts'

/** A word that may be typed. */
export interface Candidate {
  readonly value: string
  readonly means?: string
}

export interface Typed {
  readonly words: readonly string[]
  readonly verb: Verb | null
  readonly operator: Operator
}

/** Everything that may stand at a place, whatever was begun there. Reads files of this machine and asks nobody else. */
export async function candidatesOf(
  place: Exclude<Place, { kind: 'files' }>,
  typed: Typed,
): Promise<readonly Candidate[]> {
  if (place.kind === 'verb') return VERBS.map(({ name, summary }) => ({ value: name, means: summary }))
  if (place.kind === 'flag') return (typed.verb?.flags ?? []).flatMap((name) => flagCandidates(name))
  const project = await findProject(typed.operator.folder)
  if (place.kind === 'value') return valuesOf(place, { ...typed, project })
  return wordsOf(place.word, { ...typed, project })
}

const flagCandidates = (name: FlagName): readonly Candidate[] =>
  flagWords(name)
    .filter((word) => word.startsWith('--'))
    .map((value) => ({ value, means: FLAGS[name].help }))

type InProject = Typed & { readonly project: Project }

async function valuesOf(
  { flag, typed: begun }: Extract<Place, { kind: 'value' }>,
  typed: InProject,
): Promise<readonly Candidate[]> {
  const { words, project } = typed
  if (flag === 'inventory') return named(await inventoryNames(project.folder))
  if (flag === 'limit') return hostNames(typed)
  const { values } = FLAGS[flag]
  if (values) return named(values)
  if (flag !== 'set' && flag !== 'override') return []
  const { runbook } = await loadRunbook(words[1] ?? '', project)
  if (flag === 'set') return parameterWords(runbook, begun)
  return Object.entries(runbook.guards).flatMap(([value, { meaning, absolute }]) =>
    absolute ? [] : [{ value, means: meaning }],
  )
}

async function wordsOf(word: string, typed: InProject): Promise<readonly Candidate[]> {
  const { words, project, operator } = typed
  if (word.includes('|')) return named(word.split('|'))
  if (/^runbooks?$/.test(word)) return named(await usableNames(project))
  if (/^runs?$/.test(word)) return (await import('./run-names.ts')).runNames(operator)
  if (word === 'hosts' || word === 'host') return hostNames(typed)
  if (word === 'name' && words[0] === 'inventory') return hostNames(typed)
  if (word === 'code') {
    const { ENGINE_CODES } = await import('../reading/engine-codes.ts')
    return Object.entries(ENGINE_CODES).map(([value, { meaning }]) => ({ value, means: meaning }))
  }
  if (word === 'question') {
    const { KNOWN_FACTS } = await import('../asking/known-facts.ts')
    return Object.entries(KNOWN_FACTS).map(([value, [, says]]) => ({ value, means: says }))
  }
  return []
}

const named = (values: readonly string[]): readonly Candidate[] => values.map((value) => ({ value }))
