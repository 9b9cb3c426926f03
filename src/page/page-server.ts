import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'

import type { Journal, RunSummary } from '../engine/ports.ts'
import { printableJson, questions } from './answers.ts'
import { type Doorkeeper, doorkeeper } from './doorkeeper.ts'
import { followRun } from './follow-run.ts'
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
}

/** Shows the runs of a journal on 127.0.0.1, to one browser, and changes nothing. */
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
    ['main', 'session', 'element', 'grid', 'run-page', 'host-page', 'runs-page'].map((name) => [
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
  if (request.method !== 'GET') return tell(response, 405, { error: 'this page only reads' })
  const file = FILES[path]
  if (file) {
    response.setHeader('content-type', file[1])
    response.end(await readFile(join(import.meta.dirname, 'client', file[0])))
    return
  }
  if (!page.door.knows(bearer(request))) return tell(response, 401, { error: 'enter by the address that was printed' })
  await answerInside(page, path, response)
}

async function answerInside({ ask, journal, ending }: Page, path: string, response: ServerResponse): Promise<void> {
  const [, api, runs, run, part, host, ...rest] = path.split('/').map(decoded)
  if (api !== 'api' || runs !== 'runs' || rest.length > 0) return tell(response, 404, NOTHING)
  if (run === undefined) return tell(response, 200, await ask.runs())
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
