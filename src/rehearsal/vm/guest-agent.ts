import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Duration, milliseconds } from '../../model/duration.ts'
import { CommandFailed } from '../../model/errors.ts'
import type { Answer } from '../../model/fact.ts'
import { type JsonLines, jsonLines } from './json-lines.ts'

/** Hands inside a virtual machine that need neither its network nor its sshd: QEMU's guest agent, over a virtio port. */
export interface GuestAgent {
  /** Does it answer within the time? */
  answers(within: Duration): Promise<boolean>
  /** Runs shell text as root. Default deadline 1m. Throws CommandFailed where the agent does not answer. */
  run(script: string, options?: { input?: string | undefined; deadline?: Duration }): Promise<Answer>
}

/** The agent behind a socket, which takes one conversation at a time. */
export function guestAgent(socket: string): GuestAgent {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }
  return {
    answers: (within) => inTurn(() => spoken(socket, within, async () => true).catch(() => false)),
    run: (script, { input, deadline = '1m' } = {}) =>
      inTurn(() => spoken(socket, deadline, (agent) => execute(agent, script, input))).catch((error: Error) => {
        throw new CommandFailed(`the guest agent: ${error.message}`, { exitCode: null, tail: '' })
      }),
  }
}

async function spoken<Result>(socket: string, deadline: Duration, talk: (agent: JsonLines) => Promise<Result>) {
  const agent = await jsonLines(socket, deadline)
  try {
    // The byte ends whatever an earlier conversation left half said; the number tells old answers from new ones.
    const id = randomInt(1, 2 ** 31)
    agent.send({ execute: 'guest-sync-delimited', arguments: { id } }, '\xff')
    await agent.next((value) => value.return === id)
    return await talk(agent)
  } finally {
    agent.close()
  }
}

interface Status {
  readonly exited: boolean
  readonly exitcode?: number
  readonly signal?: number
  readonly 'out-data'?: string
  readonly 'err-data'?: string
}

async function execute(agent: JsonLines, script: string, input: string | undefined): Promise<Answer> {
  const { pid } = await ask<{ pid: number }>(agent, 'guest-exec', {
    path: '/bin/sh',
    arg: ['-c', script],
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C'],
    'capture-output': true,
    ...(input === undefined ? {} : { 'input-data': Buffer.from(input).toString('base64') }),
  })
  for (let wait = 20; ; wait = Math.min(wait * 1.5, milliseconds('1s'))) {
    const status = await ask<Status>(agent, 'guest-exec-status', { pid })
    if (status.exited) {
      const exitCode = status.exitcode ?? 128 + (status.signal ?? 0)
      return { exitCode, stdout: text(status['out-data']), stderr: text(status['err-data']) }
    }
    await sleep(wait)
  }
}

async function ask<Result>(agent: JsonLines, command: string, words: object): Promise<Result> {
  agent.send({ execute: command, arguments: words })
  const answer = await agent.next((value) => 'return' in value || 'error' in value)
  if ('return' in answer) return answer.return as Result
  throw new Error(`${command}: ${(answer.error as { desc?: string }).desc ?? 'it failed'}`)
}

const text = (base64 = ''): string => Buffer.from(base64, 'base64').toString()
