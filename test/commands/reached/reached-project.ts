import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { HostConnection } from '../../../src/model/inventory.ts'
import { type PrivateSshd, type PrivateSshdOptions, startPrivateSshd } from '../../transport/hosts/private-sshd.ts'
import { UP_WITHIN } from '../../transport/hosts/reach.ts'

const CHECKOUT = resolve(import.meta.dirname, '../../..')
const MAIN = join(CHECKOUT, 'src/main.ts')

/** What differs from how the host is reached, as an inventory says it. */
export type Way = Partial<Pick<HostConnection, 'user' | 'port' | 'become' | 'sudoPassword' | 'address' | 'transport'>>

/** A project whose hosts are real: each is a login of one private sshd. */
export interface ReachedProject {
  readonly folder: string
  readonly sshd: PrivateSshd
  write(path: string, text: string, mode?: number): Promise<string>
  /** Writes inventory/NAME.yaml with these hosts, all in the group `workers`. */
  inventory(name: string, hosts: Readonly<Record<string, Way>>): Promise<void>
  /** Types `runbook WORDS` in a folder of the project, with nobody at the terminal. */
  type(words: readonly string[], environment?: Readonly<Record<string, string>>, within?: string): Promise<Typed>
  /** The same at a terminal of its own with 100 columns, where a person types each line once the text before it stands there. */
  typeAt(
    words: readonly string[],
    lines?: readonly (readonly [after: RegExp, line: string])[],
    options?: AtTerminal,
  ): Promise<Typed>
  /** Runs shell text in the folder of the project, without a terminal. */
  sh(text: (command: string) => string, words: readonly string[]): Promise<Typed>
  /** Bytes of every file that the state folder holds. */
  remembered(): Promise<string>
}

export interface AtTerminal {
  /** Beside what every command line has. */
  readonly environment?: Readonly<Record<string, string>>
  /** The shell text that runs a command line there. Default the command line alone. */
  readonly around?: (command: string) => string
}

export interface Typed {
  readonly exitCode: number | null
  readonly stdout: string
  /** At a terminal everything comes on stdout. */
  readonly stderr: string
}

/** One sshd and one project for the tests of a file. */
export function useReachedProject(options: PrivateSshdOptions = {}): ReachedProject {
  let folder = ''
  let up: PrivateSshd | undefined
  const sshd = () => {
    if (!up) throw new Error('sshd is not up yet')
    return up
  }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runbook-reached-'))
    up = await startPrivateSshd(options)
  }, UP_WITHIN)
  afterAll(async () => {
    await up?.down()
    await rm(folder, { recursive: true, force: true })
  })

  const write: ReachedProject['write'] = async (path, text, mode = 0o644) => {
    const whole = join(folder, path)
    await mkdir(dirname(whole), { recursive: true })
    await writeFile(whole, text, { mode })
    return whole
  }
  const environment = () => {
    const { PATH = '', HOME = '' } = process.env
    return { PATH, HOME, XDG_STATE_HOME: join(folder, 'state'), NODE_COMPILE_CACHE: join(CHECKOUT, '.cache/compile') }
  }

  return {
    get folder() {
      return folder
    },
    get sshd() {
      return sshd()
    },
    write,
    async inventory(name, hosts) {
      const { address, port, identityFiles, knownHosts } = sshd().connection
      const connection = { user: 'operator', identity: identityFiles, knownHosts, sshConfig: 'none' }
      const entries = Object.entries(hosts).map(([host, { address: elsewhere, port: other, ...own }]) => [
        host,
        { address: elsewhere ?? address, port: other ?? port, connection: own },
      ])
      const groups = { workers: { hosts: Object.keys(hosts) } }
      // JSON is YAML.
      await write(`inventory/${name}.yaml`, JSON.stringify({ connection, hosts: Object.fromEntries(entries), groups }))
    },
    type(words, more = {}, within = '.') {
      const env = { ...environment(), ...more }
      return ended(spawn(process.execPath, [MAIN, ...words], { cwd: join(folder, within), env }), [])
    },
    typeAt(words, lines = [], { environment: more = {}, around = itself } = {}) {
      const env = { ...environment(), TERM: 'xterm', SHELL: '/bin/sh', ...more }
      return ended(
        spawn('script', ['-qec', `stty cols 100 rows 30; ${around(commandLine(words))}`, '/dev/null'], {
          cwd: folder,
          env,
        }),
        lines,
      )
    },
    sh: (text, words) =>
      ended(spawn('/bin/sh', ['-c', text(commandLine(words))], { cwd: folder, env: environment() }), []),
    async remembered() {
      const names = await readdir(join(folder, 'state'), { recursive: true, withFileTypes: true }).catch(() => [])
      const files = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
      return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n')
    },
  }
}

const itself = (command: string): string => command

const commandLine = (words: readonly string[]): string =>
  [process.execPath, MAIN, ...words].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')

function ended(child: ChildProcess, lines: readonly (readonly [RegExp, string])[]): Promise<Typed> {
  const [out, err]: [string[], string[]] = [[], []]
  const open = [...lines]
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out.push(text)
    const [after, line] = open[0] ?? []
    if (!after?.test(out.join(''))) return
    open.shift()
    child.stdin?.write(`${line}\n`)
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => err.push(text))
  if (lines.length === 0) child.stdin?.end()
  return new Promise((resolved, failed) => {
    child.once('error', failed)
    child.once('close', (exitCode) => resolved({ exitCode, stdout: out.join(''), stderr: err.join('') }))
  })
}
