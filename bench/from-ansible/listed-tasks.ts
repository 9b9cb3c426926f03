import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Document, isMap, isSeq, LineCounter, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml'

/** What `runbook import ansible` said. */
export interface Tasks {
  readonly runbooks: readonly string[]
  /** Places, as `roles/kvm/tasks/main.yml:3`: one for each word of a loop. */
  readonly translated: readonly string[]
  readonly listed: readonly { readonly place: string; readonly why: string }[]
}

export function tasksOf(output: string): Tasks {
  const lines = output.split('\n')
  const found = (pattern: RegExp) => lines.flatMap((line) => [pattern.exec(line)].filter((match) => match !== null))
  // Of a play as a whole, and of the inventory, there is nothing to run.
  const listed = found(/^ {2}· (\S+:\d+) (?!the play: )(.*)$/).map(([, place = '', why = '']) => ({ place, why }))
  return {
    runbooks: found(/^runbooks\/(\S+)\.ts from /).map(([, name = '']) => name),
    translated: found(/^ {2}✓ (\S+:\d+) /).map(([, place = '']) => place),
    listed,
  }
}

/** Takes the listed tasks out of the files of a folder. Throws where a task is translated for some words of its loop only. */
export function withoutListed(folder: string, { translated, listed }: Tasks): void {
  const kept = new Set(translated)
  const gone = new Set(listed.map(({ place }) => place))
  const both = translated.find((place) => gone.has(place))
  if (both !== undefined) throw new Error(`${both} is translated for some words of its loop only`)
  const files = [...new Set([...kept, ...gone].map((place) => place.slice(0, place.lastIndexOf(':'))))]
  const documents = new Map(files.map((file) => [file, read(join(folder, file))]))
  for (const [file, { document, counter }] of documents) {
    const lineOf = (map: YAMLMap) => counter.linePos(map.range?.[0] ?? 0).line
    strip(document.contents as YAMLSeq, (map) => gone.has(`${file}:${lineOf(map)}`))
  }
  // An empty file is not brought in: its condition may need what is not there.
  const isEmpty = (file: string) => (documents.get(file)?.document.contents as YAMLSeq | undefined)?.items.length === 0
  for (const [file, { document }] of documents) {
    strip(document.contents as YAMLSeq, (map) => {
      const pair = map.items.find(({ key }) => /(?:import|include)_tasks$/.test(String(key)))
      return pair !== undefined && isEmpty(join(dirname(file), String(pair.value)))
    })
    writeFileSync(join(folder, file), document.toString({ lineWidth: 0 }))
  }
}

function read(path: string): { readonly document: Document; readonly counter: LineCounter } {
  const counter = new LineCounter()
  return { document: parseDocument(readFileSync(path, 'utf8'), { lineCounter: counter, version: '1.1' }), counter }
}

const LISTS = ['pre_tasks', 'roles', 'tasks', 'post_tasks', 'block', 'rescue', 'always']

function strip(list: YAMLSeq, isGone: (map: YAMLMap) => boolean): void {
  list.items = list.items.filter((item) => {
    if (!isMap(item)) return true
    if (isGone(item)) return false
    // A handler is always listed, so nobody may call one.
    item.delete('notify')
    item.delete('handlers')
    for (const key of LISTS) {
      const inner = item.get(key)
      if (isSeq(inner)) strip(inner, isGone)
    }
    const block = item.get('block')
    return !(isSeq(block) && block.items.length === 0)
  })
}
