import { type ChildProcess, spawn } from 'node:child_process'

/** Runs the system's ssh with words, never through a shell, apart from the terminal: it can neither ask nor hear Ctrl-C. */
export interface Ssh {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Linux ends a master together with the process that started it, however that ends; setpriv asks for it. */
  readonly tethered: () => Promise<boolean>
}

export function makeSsh(environment: Ssh['environment']): Ssh {
  let able: Promise<boolean> | null = null
  return {
    environment,
    tethered() {
      able ??= succeeds(spawn('setpriv', [...TETHER, 'true'], { stdio: 'ignore', env: environment }))
      return able
    },
  }
}

const TETHER = ['--pdeathsig', 'TERM', '--']

/** A master: it ends with this process where the system can do that. */
export async function startMaster(ssh: Ssh, words: readonly string[]) {
  const [program = '', ...rest] = [...((await ssh.tethered()) ? ['setpriv', ...TETHER] : []), 'ssh', ...words]
  return spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env: ssh.environment })
}

export const startChannel = (ssh: Ssh, words: readonly string[]) =>
  spawn('ssh', [...words], { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: ssh.environment })

/** True when it ended well. */
export const runSsh = (ssh: Ssh, words: readonly string[]): Promise<boolean> =>
  succeeds(spawn('ssh', [...words], { stdio: 'ignore', detached: true, env: ssh.environment }))

const succeeds = (child: ChildProcess): Promise<boolean> =>
  new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('exit', (code) => resolve(code === 0))
  })
