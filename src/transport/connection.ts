import type { Connection, TransportHost } from '../engine/ports.ts'
import { milliseconds } from '../model/duration.ts'
import { CommandFailed } from '../model/errors.ts'
import type { RevealSecret } from '../model/inventory.ts'
import { makeGuard } from './guard/guard.ts'
import type { Line } from './line.ts'
import { readFileAnswer, readFileText } from './read-file.ts'
import { readTogether } from './read-together.ts'
import { asText } from './shell/bounded-bytes.ts'
import { explainShell } from './shell/explain-shell.ts'
import { openRootShell } from './shell/root-shell.ts'
import { makeShells, type Shells, Unanswered } from './shell/shells.ts'
import type { Unreachable } from './unreachable.ts'

export interface ConnectionParts {
  readonly host: TransportHost
  readonly line: Line
  readonly unreachable: Unreachable
  readonly reveal: RevealSecret
  readonly anyUser: boolean
}

const READ_LIMIT = 30_000

/** Framed shells on a line, and what is asked through them. Throws HostUnreachable of stage `sudo`, `channel` or `lost`. */
export async function openConnection(parts: ConnectionParts): Promise<Connection> {
  const { host, line, unreachable, reveal, anyUser } = parts
  const { become, sudoPassword } = host.connection
  const { user } = line
  const password = sudoPassword === undefined ? null : () => reveal(sudoPassword).reveal()
  const openShell = async () => {
    if (line.lost) throw unreachable.lost()
    const { exec } = line
    return openRootShell({ exec, user, become: user === 'root' ? 'none' : become, password, unreachable, anyUser })
  }
  const first = await openShell().catch(async (error: unknown) => {
    throw line.lost ? error : await explainShell(error, { line, unreachable })
  })
  const shells = makeShells(openShell, first)

  return {
    ...questions((command, limit) => shells.look(command, limit)),
    behind: questions((command, limit) => shells.behind(command, limit)),
    guard: makeGuard({ host: host.name, shells, unreachable, installed: first.guarded }),
    ownMachine: line.ownMachine ?? false,
    async close() {
      // The goodbye ends the shells too: one that is told before answers, and would be waited for.
      await line.close()
      shells.close()
    },
  }

  function questions(look: Shells['look']): Pick<Connection, 'look' | 'read'> {
    const ask = (command: string) => answered(look, command, READ_LIMIT)
    return {
      async look(command, { limit }) {
        const { exitCode, stdout, stderr } = await answered(look, command, milliseconds(limit))
        return { exitCode, stdout: asText(stdout), stderr: asText(stderr) }
      },
      read: readTogether({
        one: async (path) => readFileAnswer(host.name, path, await ask(readFileText(path))),
        ask,
      }),
    }
  }

  async function answered(look: Shells['look'], command: string, limit: number) {
    try {
      return await look(command, limit)
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      if (line.lost || error.kind === 'lost') throw unreachable.lost(error)
      throw new CommandFailed(`${host.name}: no answer within ${limit / 1000}s to: ${command.trim()}`, {
        code: 'E_TIMED_OUT',
        exitCode: null,
        tail: '',
        cause: error,
      })
    }
  }
}
