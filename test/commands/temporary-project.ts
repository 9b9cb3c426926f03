import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const MAIN = resolve(import.meta.dirname, '../../src/main.ts')

/** A project of its own, and the command line in it. */
export interface TemporaryProject {
  readonly folder: string
  readonly state: string
  /** How often anything dialled the address of its hosts. */
  dialled(): number
  /** Types a command line and gives what came of it. */
  type(
    words: readonly string[],
    environment?: Readonly<Record<string, string>>,
    /** Sends this as soon as a host is dialled; SIGINT is Ctrl-C. */
    options?: { readonly atDial?: NodeJS.Signals },
  ): Promise<Typed>
  write(path: string, text: string): Promise<void>
  /** Files in the state folder. */
  remembered(): Promise<readonly string[]>
  remove(): Promise<void>
}

export interface Typed {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A runbook with one parameter of each kind, whose step would write a file. */
export const TUNED = `import { defineRunbook, needed, step } from 'runbook'
import { z } from 'zod'

const tuned = (wanted: { size: number }) => step({
  id: 'tuned',
  check: async () => needed('tune to ' + wanted.size, null),
  apply: async () => {},
})

export default defineRunbook({
  name: 'tuned',
  summary: 'Tune it',
  hosts: 'workers',
  params: z.object({ size: z.number().int().min(1).default(4), mode: z.enum(['fast', 'safe']).default('safe') }),
  steps: (params) => [tuned(params)],
  guards: {
    E_BUSY: { meaning: 'The host is busy.', remedy: 'Wait.' },
    E_NEVER: { meaning: 'The host is another machine.', remedy: 'Take it out.', absolute: true },
  },
})
`

/** Lays out runbooks/tuned.ts and inventory/lab.yaml, whose two hosts are a listener of this process. */
export async function temporaryProject(): Promise<TemporaryProject> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-project-'))
  const state = join(folder, 'state')
  const dials = new EventEmitter()
  let dialled = 0
  dials.on('dial', () => {
    dialled += 1
  })
  const listener = createServer((socket) => {
    dials.emit('dial')
    socket.destroy()
  })
  await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening))
  const address = listener.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await write('runbooks/tuned.ts', TUNED)
  await write('inventory/key', privateKey())
  await chmod(join(folder, 'inventory/key'), 0o600)
  await write(
    'inventory/lab.yaml',
    `connection: { hostKeys: accept-new, knownHosts: ./known_hosts, identity: ./key }
hosts: { w-1: { address: 127.0.0.1, port: ${port} }, w-2: { address: 127.0.0.1, port: ${port} } }
groups: { workers: { hosts: [w-1, w-2] }, spare: {} }
`,
  )
  return {
    folder,
    state,
    dialled: () => dialled,
    write,
    type: (words, environment = {}, { atDial } = {}) =>
      typed(words, {
        folder,
        environment: { XDG_STATE_HOME: state, ...environment },
        interrupt: (child) => void (atDial && dials.once('dial', () => child.kill(atDial))),
      }),
    remembered: () => readdir(state, { recursive: true }).catch(() => []),
    async remove() {
      listener.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The same in any folder. */
export function typedIn(
  folder: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Typed> {
  const remembering = { XDG_STATE_HOME: join(folder, 'state'), ...environment }
  return typed(words, { folder, environment: remembering, interrupt: () => {} })
}

function privateKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
}

function typed(
  words: readonly string[],
  {
    folder,
    environment,
    interrupt,
  }: { folder: string; environment: Readonly<Record<string, string>>; interrupt: (child: ChildProcess) => void },
): Promise<Typed> {
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd: folder,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err]: [string[], string[]] = [[], []]
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text))
  interrupt(child)
  return new Promise((resolved, failed) => {
    child.once('error', failed)
    child.once('close', (exitCode) => resolved({ exitCode, stdout: out.join(''), stderr: err.join('') }))
  })
}
