import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'

import type { Journal, RunSummary } from '../engine/ports.ts'
import { UsageError } from '../model/errors.ts'
import { printableJson, questions } from './answers.ts'
import { type Doorkeeper, doorkeeper } from './doorkeeper.ts'
import { followRun } from './follow-run.ts'
import { type Hands, readDeed } from './hands.ts'
import { HEADERS, isFromHere } from './strict.ts'

export interface PageServer {
  /** What the operator opens, once. The token stands behind `#`: it is in no request and no log. */
  readonly address: string
  close(): Promise<void>
}

export interface PageParts {
  readonly journal: Journal
  /** Does the controller of a run live? */
  readonly isAlive: (process: RunSummary['process']) => boolean
  /** Absent: the page only shows. */
  readonly hands?: Hands
}

/** Shows the runs of a journal on 127.0.0.1, to one browser, which may do what the hands can. */
export async function openPage(parts: PageParts): Promise<PageServer> {
  const door = doorkeeper()
  const ending = new AbortController()
  const page = { ...parts, door, ending: ending.signal, ask: questions(parts.journal, parts.isAlive) }
  const server = createServer((request, response) => {
    answer(page, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else tell(response, 500, { error: error instanceof Error ? error.message : String(error) })
    })
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening)
  })
  const place = server.address()
  const port = typeof place === 'object' && place ? place.port : 0
  return {
    address: `http://127.0.0.1:${port}/#${door.token}`,
    async close() {
      ending.abort()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

interface Page extends PageParts {
  readonly door: Doorkeeper
  readonly ending: AbortSignal
  readonly ask: ReturnType<typeof questions>
}

/** What everybody of this machine may read: the page without a word of any run. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['page.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  ...Object.fromEntries(
    ['main', 'session', 'element', 'grid', 'run-page', 'run-acts', 'host-page', 'runs-page'].map((name) => [
      `/${name}.js`,
      [`${name}.js`, 'text/javascript; charset=utf-8'],
    ]),
  ),
}

async function answer(page: Page, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
  if (!isFromHere(request.headers)) return tell(response, 403, { error: 'ask 127.0.0.1 by its own name' })
  const path = request.url ?? '/'
  if (request.method === 'POST' && path === '/api/session') {
    const session = page.door.enter(bearer(request))
    if (session === null) return tell(response, 403, { error: 'this address was used, or is none of this page' })
    return tell(response, 200, { session })
  }
  const file = FILES[path]
  if (file && request.method === 'GET') {
    response.setHeader('content-type', file[1])
    response.end(await readFile(join(import.meta.dirname, 'client', file[0])))
    return
  }
  if (!page.door.knows(bearer(request))) return tell(response, 401, { error: 'enter by the address that was printed' })
  const names = path.split('/').map(decoded)
  if (request.method === 'POST') return obey(page, names, { request, response })
  if (request.method !== 'GET') return tell(response, 405, { error: 'this page reads, and posts acts' })
  await answerInside(page, names, response)
}

/** Does with a run what somebody wishes in his name. */
async function obey({ hands }: Page, names: readonly string[], { request, response }: Exchange): Promise<void> {
  const [, api, runs, run = '', acts, ...rest] = names
  if (!hands || api !== 'api' || runs !== 'runs' || acts !== 'acts' || rest.length > 0) {
    return tell(response, 405, { error: 'this page only reads' })
  }
  const deed = readDeed(await bodyOf(request))
  if (typeof deed === 'string') return tell(response, 400, { error: deed })
  try {
    await hands.act(run, deed)
  } catch (error) {
    if (error instanceof UsageError) return tell(response, 409, { error: error.message })
    throw error
  }
  tell(response, 200, (await hands.standing(run)) ?? {})
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** More than any act is long. */
const MOST_BYTES = 16_384

/** What a request carries; nothing of one that is longer than any act. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request) {
    bytes += piece.length
    if (bytes <= MOST_BYTES) pieces.push(piece)
  }
  return bytes > MOST_BYTES ? '' : Buffer.concat(pieces).toString()
}

async function answerInside(page: Page, names: readonly string[], response: ServerResponse): Promise<void> {
  const { ask, journal, ending, hands } = page
  const [, api, runs, run, part, host, ...rest] = names
  if (api !== 'api' || runs !== 'runs' || rest.length > 0) return tell(response, 404, NOTHING)
  if (run === undefined) return tell(response, 200, await ask.runs())
  if (part === 'standing') return tell(response, 200, (await hands?.standing(run)) ?? {})
  if (part === 'asked') return tell(response, 200, (await hands?.asked(run)) ?? {})
  const told = part === 'hosts' && host !== undefined ? await ask.host(run, host) : await ask.run(run)
  if (told === null || (part !== undefined && part !== 'hosts' && part !== 'live')) return tell(response, 404, NOTHING)
  if (part !== 'live') return tell(response, 200, told)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.setHeader('content-type', 'text/event-stream')
  const signal = AbortSignal.any([gone.signal, ending])
  await followRun({ journal, run, signal }, (changes) => void response.write(`data: ${printableJson(changes)}\n\n`))
  response.end()
}

const NOTHING = { error: 'there is nothing by this name' }

function tell(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(printableJson(value))
}

const bearer = ({ headers }: IncomingMessage): string => /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? ''

/** Names of hosts are whatever an inventory says. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
