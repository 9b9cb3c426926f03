import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { asText } from '../../src/transport/shell/bounded-bytes.ts'
import { makeFrameParser } from '../../src/transport/shell/frame-parser.ts'
import { type PrivateSshd, startPrivateSshd } from '../../test/transport/hosts/private-sshd.ts'
import { readQuestions } from './frames.ts'
import { questionKey, type RecordedAnswer, RUN, runIn, type Transcript } from './transcript.ts'

/** A real sshd with an ear in front of it. */
export interface Recorder {
  readonly port: number
  /** What was asked and answered since the last call. */
  take(): Transcript
  down(): Promise<void>
}

const BOUNDS = { head: 8 * 1024 * 1024, tail: 0 }

interface Heard {
  readonly text: string
  answer?: RecordedAnswer
}

/** Stands between a controller and a real sshd, whose host is its own, and hears what a framed shell is asked. */
export async function startRecorder(hostKey: string): Promise<Recorder> {
  const sshd = await startPrivateSshd()
  const heard: Heard[] = []
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (attempt) => attempt.accept())
    client.on('session', (accept) =>
      accept().on('exec', (acceptExec, _reject, { command }) => forward(sshd, command, acceptExec(), heard)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    take: () => transcriptOf(heard.splice(0)),
    async down() {
      server.close()
      await sshd.down()
    },
  }
}

function forward({ connection, folder }: PrivateSshd, command: string, near: ssh2.ServerChannel, heard: Heard[]): void {
  const far = new ssh2.Client()
  far.on('error', () => near.close())
  far.on('ready', () =>
    far.exec(command, (error, channel) => {
      if (error) throw error
      const asked = new Map<number, Heard>()
      let parser: ReturnType<typeof makeFrameParser> | undefined
      const listen = readQuestions(({ nonce, id, text }) => {
        const one: Heard = { text }
        heard.push(one)
        asked.set(id, one)
        parser ??= makeFrameParser(nonce, BOUNDS, () => true)
      })
      const hear = (events: ReturnType<ReturnType<typeof makeFrameParser>['stdout']> = []) => {
        for (const event of events) {
          const one = asked.get(event.id)
          if (event.kind !== 'ended' || !one) continue
          const { exitCode, stdout, stderr } = event.answer
          one.answer = { exitCode, stdout: asText(stdout), stderr: asText(stderr) }
        }
      }
      near.on('data', (chunk: Buffer) => {
        listen(chunk)
        channel.write(chunk)
      })
      channel.on('data', (chunk: Buffer) => {
        hear(parser?.stdout(chunk))
        near.write(chunk)
      })
      channel.stderr.on('data', (chunk: Buffer) => {
        hear(parser?.stderr(chunk))
        near.stderr.write(chunk)
      })
      near.on('end', () => channel.end())
      channel.on('close', () => {
        near.close()
        far.end()
      })
    }),
  )
  far.connect({
    sock: connect({ host: connection.address, port: connection.port, noDelay: true }),
    username: connection.user,
    privateKey: readFileSync(join(folder, 'key')),
    hostVerifier: () => true,
  })
}

function transcriptOf(heard: readonly Heard[]): Transcript {
  const run = heard.map(({ text }) => runIn(text)).find((name) => name !== null) ?? null
  const general = (text: string) => (run === null ? text : text.replaceAll(run, RUN))
  const answered = heard.flatMap(({ text, answer }) => (answer ? [{ key: questionKey(text, run), answer }] : []))
  const groups = Object.groupBy(answered, ({ key }) => key)
  return Object.fromEntries(
    Object.entries(groups).map(([key, list = []]) => [
      key,
      list.map(({ answer: { stdout, stderr, exitCode } }) => ({
        stdout: general(stdout),
        stderr: general(stderr),
        exitCode,
      })),
    ]),
  )
}
