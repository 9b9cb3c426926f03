/**
 * Many hosts in one process, each a loopback address: real SSH, and behind it no shell but what a real host answered
 * before. Started by fork.
 */
import { createServer, type Socket } from 'node:net'
import ssh2 from 'ssh2'
import { type Question, readQuestions } from './frames.ts'
import { questionKey, type RecordedAnswer, RUN, runIn, type Transcript } from './transcript.ts'

/** To the process. */
export type Order = { readonly hostKey: string } | { readonly answers: Transcript } | 'report'
/** From it: the port that it listens on, and what was asked in this run that nobody had recorded. */
export interface News {
  readonly port: number
  readonly unknown: readonly string[]
}

let answers: ReadonlyMap<string, readonly RecordedAnswer[]> = new Map()
/** By address, then by question: how often it was asked in this run. */
let hosts = new Map<string, Map<string, number>>()
let port = 0
const unknown = new Set<string>()

process.on('message', (order: Order) => {
  if (order === 'report') return tell()
  if ('hostKey' in order) return listen(order.hostKey)
  answers = new Map(Object.entries(order.answers))
  hosts = new Map()
  unknown.clear()
  tell()
})

// Whoever started it may have been killed.
process.on('disconnect', () => process.exit())

const tell = (): void => void process.send?.({ port, unknown: [...unknown] } satisfies News)

function listen(hostKey: string): void {
  const ssh = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    // ssh2 tells only the other end of a connection.
    const { localAddress = '' } = (client as unknown as { readonly _sock: Socket })._sock
    client.on('error', () => {})
    client.on('authentication', (attempt) => attempt.accept())
    client.on('session', (accept) =>
      accept().on('exec', (acceptExec, _reject, { command }) => answer(acceptExec(), command, localAddress)),
    )
  })
  const door = createServer({ noDelay: true }, (socket) => ssh.injectSocket(socket))
  door.listen({ host: '0.0.0.0', port: 0, backlog: 1_024 }, () => {
    const address = door.address()
    port = typeof address === 'object' && address ? address.port : 0
    tell()
  })
}

/** As a shell says who it is: its user, and its line of proc(5). */
const ROOT = '0 4242 (sh) S 1 4242 4242 0 -1'

function answer(channel: ssh2.ServerChannel, command: string, address: string): void {
  channel.write(`${/runbook-[0-9a-f]{32}-shell/.exec(command)?.[0]} ${ROOT}\n`)
  const counts = hosts.get(address) ?? new Map<string, number>()
  hosts.set(address, counts)
  let run: string | null = null
  let out = ''
  let err = ''
  const listen = readQuestions((question) => {
    run ??= runIn(question.text)
    const { stdout, stderr, exitCode } = answerTo(question, run, counts)
    const { nonce, id } = question
    out += `${nonce} start ${id}\n${stdout}${nonce} end ${id} ${exitCode}\n`
    err += `${stderr}${nonce} end ${id} -\n`
  })
  channel.on('data', (chunk: Buffer) => {
    listen(chunk)
    if (out !== '') channel.write(Buffer.from(out, 'latin1'))
    if (err !== '') channel.stderr.write(Buffer.from(err, 'latin1'))
    out = ''
    err = ''
  })
  channel.on('error', () => {})
  channel.on('end', () => {
    channel.exit(0)
    channel.end()
  })
}

function answerTo({ text }: Question, run: string | null, counts: Map<string, number>): RecordedAnswer {
  const key = questionKey(text, run)
  const list = answers.get(key)
  if (!list) {
    unknown.add(key)
    return { stdout: '', stderr: 'nobody recorded an answer to this\n', exitCode: 127 }
  }
  const count = counts.get(key) ?? 0
  counts.set(key, count + 1)
  const recorded = list[Math.min(count, list.length - 1)]!
  return run !== null && recorded.stdout.includes(RUN)
    ? { ...recorded, stdout: recorded.stdout.replaceAll(RUN, run) }
    : recorded
}
