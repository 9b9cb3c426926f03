import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'

/** A part of an ssh_config that holds for the hosts that its line names: only as much as decides who shares an answer. */
export interface Block {
  /** All must hold. None: it is for every host. */
  readonly criteria: readonly Criterion[]
  /** Values of its HostName lines. */
  readonly hostNames: readonly string[]
  /** What it sets depends on the name of the host in ways that only ssh itself can tell. */
  readonly varies: boolean
  /** It speaks of GSSAPIAuthentication in the operator's own file. */
  readonly gssapi: boolean
}

export type Criterion =
  | { readonly kind: 'names'; readonly patterns: readonly string[]; readonly negated: boolean }
  /** A command with the host's name in it, or a criterion that is not known here. */
  | { readonly kind: 'varies' }
  /** The same for all hosts that are asked for with the same user. */
  | { readonly kind: 'same' }

/** What connections are made of. Blocks that say nothing of it are no reason to ask ssh. */
const RELEVANT = new Set([
  'hostname',
  'port',
  'user',
  'identityfile',
  'identitiesonly',
  'identityagent',
  'userknownhostsfile',
  'globalknownhostsfile',
  'stricthostkeychecking',
  'hostkeyalias',
  'proxyjump',
  'proxycommand',
  'certificatefile',
  'pkcs11provider',
  'canonicalizehostname',
  'tag',
])

export interface ConfigFile {
  readonly path: string
  /** Where relative paths of Include begin. */
  readonly folder: string
  /** The operator's own, as opposed to the machine's. */
  readonly own: boolean
}

/** The blocks of these files and of what they include, as far as they say anything of connections. */
export async function readBlocks(files: readonly ConfigFile[], home: string): Promise<readonly Block[]> {
  const blocks: Block[] = []
  for (const file of files) await readFile(file, { home, depth: 0, blocks })
  return blocks
}

interface Draft {
  criteria: readonly Criterion[]
  hostNames: string[]
  varies: boolean
  gssapi: boolean
  relevant: boolean
}

async function readFile(
  file: ConfigFile,
  { home, depth, blocks }: { home: string; depth: number; blocks: Block[] },
): Promise<void> {
  let draft = draftOf([])
  const finish = () => {
    const { relevant, ...block } = draft
    if (relevant) blocks.push(block)
  }
  for (const [keyword = '', ...words] of linesOf(textOf(file.path))) {
    if (keyword === 'host' || keyword === 'match') {
      finish()
      draft = draftOf(keyword === 'host' ? [{ kind: 'names', patterns: words, negated: false }] : criteriaOf(words))
    } else if (keyword === 'include') {
      // What is included holds only where this block does.
      draft.relevant = true
      for (const word of words) {
        // Names that differ from host to host cannot be followed from here.
        if (/%|\$\{/.test(word)) blocks.push({ ...draftOf([]), varies: true })
        else
          for (const path of await included(word, file, home)) {
            // ssh gives up on files that include each other at the same depth.
            if (depth < 16) await readFile({ ...file, path }, { home, depth: depth + 1, blocks })
          }
      }
    } else take(draft, keyword, words, file.own)
  }
  finish()
}

const draftOf = (criteria: readonly Criterion[]): Draft => ({
  criteria,
  hostNames: [],
  varies: false,
  gssapi: false,
  relevant: false,
})

function take(draft: Draft, keyword: string, words: readonly string[], own: boolean): void {
  const [first = ''] = words
  if (keyword === 'gssapiauthentication' && own) draft.gssapi = true
  else if (!RELEVANT.has(keyword)) return
  draft.relevant = true
  if (keyword === 'hostname') draft.hostNames.push(first)
  // Canonical names come from DNS, one host at a time.
  else if (keyword === 'canonicalizehostname') draft.varies ||= first.toLowerCase() !== 'no'
  // ssh keeps the tokens of ProxyCommand as they are.
  else if (keyword !== 'proxycommand') draft.varies ||= words.some((word) => /%[hnkCj]/.test(word))
}

/** Keyword in lower case and its words, without quotes and comments. */
function linesOf(text: string): readonly (readonly string[])[] {
  return text.split('\n').flatMap((line) => {
    const [, keyword, rest = ''] = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*)$/.exec(line) ?? []
    if (keyword === undefined) return []
    const words = [...rest.matchAll(/"([^"]*)"|(#.*)|([^\s"]+)/g)].flatMap(([, quoted, comment, plain]) =>
      comment === undefined ? [quoted ?? plain ?? ''] : [],
    )
    return [[keyword.toLowerCase(), ...words]]
  })
}

function criteriaOf(words: readonly string[]): readonly Criterion[] {
  const criteria: Criterion[] = []
  for (let at = 0; at < words.length; at += 1) {
    const [, negation, name = '', joined] = /^(!?)([A-Za-z]+)(?:=(.*))?$/.exec(words[at] ?? '') ?? []
    const keyword = name.toLowerCase()
    if (['all', 'canonical', 'final'].includes(keyword)) {
      criteria.push({ kind: 'same' })
      continue
    }
    if (joined === undefined) at += 1
    const value = joined ?? words[at] ?? ''
    if (keyword === 'host' || keyword === 'originalhost') {
      criteria.push({ kind: 'names', patterns: value.split(','), negated: negation === '!' })
    } else if (['user', 'localuser', 'localnetwork', 'tagged', 'version', 'sessiontype', 'command'].includes(keyword)) {
      criteria.push({ kind: 'same' })
    } else criteria.push({ kind: keyword === 'exec' && !value.includes('%') ? 'same' : 'varies' })
  }
  return criteria
}

async function included(word: string, file: ConfigFile, home: string): Promise<readonly string[]> {
  const path = word.startsWith('~/') ? join(home, word.slice(2)) : isAbsolute(word) ? word : join(file.folder, word)
  if (!/[*?[]/.test(path)) return [path]
  const found: string[] = []
  for await (const name of glob(path, { cwd: dirname(file.path) })) found.push(name)
  return found.toSorted()
}

/** A file that is not there or cannot be read says nothing; where it matters, ssh tells. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
