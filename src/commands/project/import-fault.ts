import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { NotTrusted } from '../../inventory/trusted-place.ts'
import { UsageError } from '../../model/errors.ts'
import { NotFollowed } from './import-graph.ts'

/** Why a runbook could not be imported, or could not give its steps, with file and line, instead of a stack of Node's own functions. */
export function importFault(error: unknown, path: string, folder: string): UsageError {
  if (error instanceof NotTrusted || error instanceof NotFollowed) return error
  const name = shownPath(path, folder)
  if (!(error instanceof Error))
    return new UsageError(`${name}: it throws ${String(error)} while it loads or gives its steps`)
  const place = placeOf(error, folder) ?? name
  const [first = error.message] = error.message.split('\n')
  const text = /^file:\/\//.test(first) ? error.message.split('\n').slice(1).join(' ') : first
  const what = error instanceof SyntaxError ? `${error.name}: ${text}` : text
  const short = what.replaceAll(/file:\/\/\S+/g, (url) => shownUrl(url, folder)).replaceAll(`${folder}/`, '')
  return new UsageError(`${place}: ${short}`, {
    cause: error,
    remedy: `Mend the file, then: runbook check ${name}`,
  })
}

/** A path as short as it can be said. */
export function shownPath(path: string, folder: string): string {
  const short = relative(folder, path)
  return short.startsWith('..') || short === '' ? path : short
}

/** The place at the head of a syntax error, or the first place of the stack that is neither ours nor Node's. */
function placeOf(error: Error, folder: string): string | undefined {
  const head = /^(file:\/\/.+|\/.+):(\d+)\n/.exec(error.stack ?? '')
  if (head) return `${shownUrl(head[1] ?? '', folder)}:${head[2]}`
  const match = [...(error.stack ?? '').matchAll(/(file:\/\/[^\s():]+|(?<=\()\/[^\s():]+):(\d+)(?::\d+)?/g)].find(
    ([, url = '']) => !url.includes('/node_modules/') && !url.includes('/src/commands/'),
  )
  return match ? `${shownUrl(match[1] ?? '', folder)}:${match[2]}` : undefined
}

function shownUrl(url: string, folder: string): string {
  return url.startsWith('file:') ? shownPath(fileURLToPath(url), folder) : shownPath(url, folder)
}
