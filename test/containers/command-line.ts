import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { RunReport } from '../../src/engine/make-report.ts'
import type { Recorded } from '../../src/model/event.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')
const MAIN = join(CHECKOUT, 'src/main.ts')
/** As the launcher of a checkout sets it. */
const COMPILED = join(CHECKOUT, '.cache/compile')
/** Milliseconds, beyond which a command is killed, and what it said until then is the failure. */
const DEADLINE = 240_000

/** A machine from which an operator works. Its journal is empty at first. */
export interface Laptop {
  /** Where its journal lies. */
  readonly state: string
  /** Types `runbook WORDS` and gives the command while it goes. */
  start(...words: readonly string[]): Going
  /** Types `runbook WORDS` and waits for its end. */
  type(...words: readonly string[]): Promise<Ended>
}

/** A command that goes on. */
export interface Going {
  readonly ended: Promise<Ended>
  /** The rows of the journal that it has told so far; it tells them with `--json` alone. */
  readonly rows: readonly Recorded[]
  /** Resolves with the first row that is wanted, told already or later. Throws when the command ends without it. */
  reaches(wanted: (row: Recorded) => boolean): Promise<Recorded>
  /** Resolves when stderr holds such text. Throws when the command ends without it. */
  said(wanted: RegExp): Promise<void>
  readonly pid: number | undefined
  /** Calls back for each row, as it is told. */
  onRow(hear: (row: Recorded) => void): void
  kill(): void
  /** It and all that it started. It must have been started in a group of its own. */
  killGroup(): void
  /** Ctrl-C. */
  interrupt(): void
  freeze(): void
  thaw(): void
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** Every line of stdout that is JSON. */
  readonly json: readonly Record<string, unknown>[]
  readonly rows: readonly Recorded[]
  /** What `--json` ends with. */
  readonly report: RunReport | undefined
  /** The run that it began or went on with. */
  readonly run: string
}

/** Text as one line: where it is broken depends on the terminal. */
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ')

const made: string[] = []

export interface LaptopOptions {
  /** Of its environment. */
  readonly more?: Readonly<Record<string, string>>
  /** Milliseconds that a command may take. */
  readonly deadline?: number
  /** Each command leads a process group. Default false. */
  readonly ownGroup?: boolean
}

/** A laptop with an empty journal, standing in a folder: the checkout where none is given. */
export async function laptop(
  folder = CHECKOUT,
  { more = {}, deadline = DEADLINE, ownGroup = false }: LaptopOptions = {},
): Promise<Laptop> {
  const state = join(await temporaryFolder(), 'state')
  const start: Laptop['start'] = (...words) => going(spawnIn({ folder, state, words, more, ownGroup }), deadline)
  return { state, start, type: (...words) => start(...words).ended }
}

/** A folder that {@link cleanUp} removes. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-laptop-'))
  made.push(folder)
  await mkdir(join(folder, 'state'), { mode: 0o700 })
  return folder
}

/** Screen and state folder together: all places where a word may stand. */
export async function everythingSaid({ stdout, stderr }: Ended, { state }: Laptop): Promise<string> {
  const names = await readdir(state, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile())
  const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
  return [stdout, stderr, ...texts].join('\n')
}

/** Removes what the laptops of this file left on this machine. */
export async function cleanUp(): Promise<void> {
  await Promise.all(made.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
}

interface Typed {
  readonly folder: string
  readonly state: string
  readonly words: readonly string[]
  readonly more: Readonly<Record<string, string>>
  readonly ownGroup: boolean
}

function spawnIn({ folder, state, words, more, ownGroup }: Typed): ChildProcess {
  const { PATH, HOME } = process.env
  return spawn(process.execPath, [MAIN, ...words], {
    cwd: folder,
    env: { PATH, HOME, XDG_STATE_HOME: state, NODE_COMPILE_CACHE: COMPILED, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: ownGroup,
  })
}

function going(child: ChildProcess, deadline: number): Going {
  const rows: Recorded[] = []
  const ears = new Set<(row: Recorded) => void>()
  const [out, err]: [string[], string[]] = [[], []]
  let unfinished = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out.push(text)
    const lines = (unfinished + text).split('\n')
    unfinished = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
  const listeners = new Set<() => void>()
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err.push(text)
    for (const listener of listeners) listener()
  })
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, deadline)

  function hear(line: string): void {
    const row = parsed(line)
    // The contract of --json: what has a place in the journal is a row, exactly as it is recorded.
    if (row === undefined || typeof row.seq !== 'number') return
    rows.push(row as unknown as Recorded)
    for (const ear of ears) ear(row as unknown as Recorded)
  }

  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => {
      clearTimeout(timer)
      const output = { stdout: out.join(''), stderr: err.join(''), rows }
      if (!late) return resolve(endOf(exitCode, output))
      const typed = child.spawnargs.slice(2).join(' ')
      reject(new Error(`runbook ${typed}: no end within ${deadline / 1_000}s\n${output.stdout}\n${output.stderr}`))
    })
  })
  return {
    ended,
    rows,
    async said(wanted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => void (wanted.test(err.join('')) && resolve())
      look()
      listeners.add(look)
      const late = ended.then(({ exitCode, stderr }): never => {
        throw new Error(`the command ended with ${exitCode} and did not say ${wanted}: ${stderr}`)
      })
      return Promise.race([promise, late]).finally(() => listeners.delete(look))
    },
    pid: child.pid,
    onRow: (hear) => void ears.add(hear),
    async reaches(wanted) {
      const known = rows.find(wanted)
      if (known) return known
      const { promise, resolve } = Promise.withResolvers<Recorded>()
      const ear = (row: Recorded) => void (wanted(row) && resolve(row))
      ears.add(ear)
      const late = ended.then(({ exitCode, stderr }): never => {
        throw new Error(`the command ended with ${exitCode} before the row that was waited for: ${stderr}`)
      })
      return Promise.race([promise, late]).finally(() => ears.delete(ear))
    },
    kill: () => void child.kill('SIGKILL'),
    killGroup() {
      try {
        process.kill(-(child.pid ?? Number.NaN), 'SIGKILL')
      } catch {
        // It has ended, and the number of its group is nobody's now.
      }
    },
    interrupt: () => void child.kill('SIGINT'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  }
}

type Output = Pick<Ended, 'stdout' | 'stderr' | 'rows'>

function endOf(exitCode: number | null, { stdout, stderr, rows }: Output): Ended {
  const json = stdout.split('\n').flatMap((line) => {
    const value = parsed(line)
    return value ? [value] : []
  })
  // The report is the object of this type, as reportJson makes it.
  const report = json.find(({ type }) => type === 'report') as unknown as RunReport | undefined
  const run = report?.run ?? rows[0]?.run ?? /^run (\w+):/m.exec(stderr)?.[1] ?? ''
  return { exitCode, stdout, stderr, json, rows, report, run }
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}
