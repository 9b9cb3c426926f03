import { describe, expect, it } from 'vitest'

import type { ChangeAnswer, ChangeRequest } from '../../../src/engine/guard-port.ts'
import type { Connection } from '../../../src/engine/ports.ts'
import { type AttemptInHand, makeProbe, makeSession, type Work } from '../../../src/engine/session/session.ts'
import { sh } from '../../../src/model/command.ts'
import { fact } from '../../../src/model/fact.ts'
import { secret } from '../../../src/model/secret.ts'
import { fakeClock, fakeCloud } from '../../../src/testing.ts'

const DONE: ChangeAnswer = { kind: 'ended', exitCode: 0, stdout: 'out', stderr: '', timedOut: false }

/** A connection that writes down what it is asked, and answers every change alike. */
function recorder(answer: ChangeAnswer = DONE) {
  const changes: ChangeRequest[] = []
  const asked: [string, string][] = []
  const read: string[] = []
  const questions: Connection['behind'] = {
    async look(text, { limit }) {
      asked.push([text, limit])
      return { exitCode: 0, stdout: `answer ${asked.length}`, stderr: '' }
    },
    async read(path) {
      read.push(path)
      return { state: 'absent', path, text: '', fingerprint: 'absent' }
    },
  }
  const connection = {
    ...questions,
    behind: questions,
    guard: {
      async change(request) {
        changes.push(request)
        return answer
      },
    } as Connection['guard'],
    close: async () => {},
  } satisfies Connection
  return { connection, changes, asked, read }
}

const attempt: AttemptInHand = {
  token: { epoch: 1, run: 'r1', random: 'f00d' },
  step: 'one',
  act: 'apply',
  attempt: 1,
  onOutput: () => {},
  onNote: () => {},
}

function work(parts: { end?: AbortSignal } = {}) {
  const clouds: string[] = []
  const clock = fakeClock()
  const made: Work = {
    host: { name: 'hv-01' },
    ports: {
      clock,
      reveal: (reference) => secret(`the value of ${reference}`, reference),
      cloud(name) {
        clouds.push(name)
        return fakeCloud().port(name)
      },
    },
    signals: { end: parts.end ?? new AbortController().signal },
  }
  return { work: made, clock, clouds }
}

const session = (line: ReturnType<typeof recorder>, parts: { end?: AbortSignal } = {}) => {
  const { work: made, clock } = work(parts)
  return { session: makeSession(made, line.connection, attempt), clock }
}

describe('questions of a check', () => {
  const uptime = fact(sh`uptime`, ({ stdout }) => stdout)

  it('are asked once each, however often they are put, and files are read once', async () => {
    const line = recorder()
    const probe = makeProbe(work().work, line.connection)

    const answers = await Promise.all([probe.ask(uptime), probe.ask(uptime), probe.look`uptime`, probe.look`free`])
    await Promise.all([probe.read('/etc/a'), probe.read('/etc/a'), probe.read('/etc/b')])

    expect([answers[0], answers[1], answers[2].stdout]).toEqual(['answer 1', 'answer 1', 'answer 1'])
    expect(line.asked.map(([text]) => text)).toEqual(['uptime', 'free'])
    expect(line.read).toEqual(['/etc/a', '/etc/b'])
  })

  it('have half a minute on the host, or what was said', async () => {
    const line = recorder()
    const probe = makeProbe(work().work, line.connection)

    await probe.ask(uptime)
    await probe.ask(fact(sh`slow`, String), { limit: '5m' })
    await probe.look`free`

    expect(line.asked).toEqual([
      ['uptime', '30s'],
      ['slow', '5m'],
      ['free', '30s'],
    ])
  })

  it('of one cloud go to one client', async () => {
    const { work: made, clouds } = work()
    const probe = makeProbe(made, recorder().connection)

    const [first, again] = [probe.cloud('prod'), probe.cloud('prod')]
    probe.cloud('test')

    expect(again).toBe(first)
    expect(await first.computeServices()).toEqual([])
    expect(clouds).toEqual(['prod', 'test'])
  })

  it('of an apply are asked anew each time, for the host changes under it', async () => {
    const line = recorder()
    const { session: one } = session(line)

    await one.ask(uptime)
    await one.ask(uptime, { limit: '2m' })
    await one.look`uptime`

    expect(line.asked).toEqual([
      ['uptime', '30s'],
      ['uptime', '2m'],
      ['uptime', '30s'],
    ])
  })
})

describe('changes of an apply', () => {
  it('are counted, and carry what was said of them and nothing else', async () => {
    const line = recorder()
    const { session: one } = session(line)

    await one.run`first ${'a b'}`
    await one.run(sh`second`, { limit: '1h', pays: 'daemon' })
    await one.write('/a', 'x', { replacing: 'absent', mode: '0640', readBy: 'daemon' })
    await one.write('/b', 'x', { replacing: 'absent' })
    await one.remove('/c', { replacing: 'sha256:1', readBy: 'daemon' })
    await one.remove('/d', { replacing: 'sha256:2' })
    await one.keep('/e')
    await one.restore('/f', 'absent', { readBy: 'daemon' })

    const content = new TextEncoder().encode('x')
    const common = { ...attempt, limit: '10m' }
    expect(line.changes).toEqual([
      { ...common, n: 1, change: { kind: 'command', text: "first 'a b'" } },
      { ...common, n: 2, change: { kind: 'command', text: 'second' }, limit: '1h', pays: 'daemon' },
      {
        ...common,
        n: 3,
        change: { kind: 'write', path: '/a', content, replacing: 'absent', mode: '0640' },
        readBy: 'daemon',
      },
      { ...common, n: 4, change: { kind: 'write', path: '/b', content, replacing: 'absent' } },
      { ...common, n: 5, change: { kind: 'remove', path: '/c', replacing: 'sha256:1' }, readBy: 'daemon' },
      { ...common, n: 6, change: { kind: 'remove', path: '/d', replacing: 'sha256:2' } },
      { ...common, n: 7, change: { kind: 'keep', path: '/e' } },
      { ...common, n: 8, change: { kind: 'restore', path: '/f', before: 'absent' }, readBy: 'daemon' },
    ])
    expect(line.changes.map((change) => ['readBy' in change, 'pays' in change])).toEqual([
      [false, false],
      [false, true],
      [true, false],
      [false, false],
      [true, false],
      [false, false],
      [false, false],
      [true, false],
    ])
  })

  it('give the answer of their command', async () => {
    const { session: one } = session(recorder())

    expect(await one.run`first`).toMatchObject({ exitCode: 0, stdout: 'out' })
  })

  it('with a secret in a new file are for its owner alone, unless a mode is said', async () => {
    const line = recorder()
    const { session: one } = session(line)
    const password = one.secret('env:PASSWORD').reveal()

    await one.write('/a', `password=${password}`, { replacing: 'absent' })
    await one.write('/b', `password=${password}`, { replacing: 'absent', mode: '0640' })

    expect(line.changes.map(({ change }) => 'mode' in change && change.mode)).toEqual(['0600', '0640'])
  })

  it.each([
    ['10m', undefined, 'did not end within 600s and was stopped: slow'],
    ['20s', '20s', 'did not end within 20s and was stopped: slow'],
  ] as const)('that take longer than %s fail, with what they printed last', async (_limit, limit, message) => {
    const late = { kind: 'ended', exitCode: 143, stdout: '', stderr: 'half\n', timedOut: true } as const
    const { session: one } = session(recorder(late))

    await expect(one.run(sh`slow`, limit ? { limit } : {})).rejects.toMatchObject({
      code: 'E_TIMED_OUT',
      message,
      exitCode: 143,
      tail: 'half',
    })
  })

  it('of files that are not what the check saw fail, and tell no exit', async () => {
    const { session: one } = session(recorder({ kind: 'conflict', actual: 'sha256:2', text: 'sha256:2' }))
    const meanwhile = { code: 'E_CHANGED_MEANWHILE', exitCode: null, tail: '' }

    await expect(one.write('/a', 'x', { replacing: 'absent' })).rejects.toMatchObject(meanwhile)
    await expect(one.remove('/a', { replacing: 'sha256:1' })).rejects.toMatchObject(meanwhile)
    await expect(one.restore('/a', 'absent')).rejects.toMatchObject({
      code: 'E_CHANGED_SINCE',
      exitCode: null,
      tail: '',
      remedy: 'Compare /a with the bytes kept under /var/lib/runbook/runs/r1/kept and decide by hand.',
    })
  })

  it('whose answer is that of another kind of change are a defect, not a success', async () => {
    const { session: one } = session(recorder({ kind: 'conflict', actual: 'sha256:2', text: 'sha256:2' }))

    await expect(one.run`first`).rejects.toThrow('a command was answered as a file change: first')
  })
})

describe('waiting in an apply', () => {
  it('asks every five seconds, or as often as was said, until there is an answer', async () => {
    const { session: one, clock } = session(recorder())
    const at: number[] = []
    const third = async () => {
      at.push(clock.now())
      return at.length % 3 === 0 ? 'there' : null
    }

    const first = await one.until(third, { limit: '1m' })
    const second = await one.until(third, { limit: '1m', every: '1s' })

    expect([first, second, at]).toEqual(['there', 'there', [0, 5_000, 10_000, 10_000, 11_000, 12_000]])
  })

  it('ends without an answer when its time has passed', async () => {
    const { session: one, clock } = session(recorder())

    expect(await one.until(async () => null, { limit: '10s' })).toBeNull()
    expect(clock.now()).toBe(10_000)
  })

  it('ends when the operator ends the work', async () => {
    const { session: one } = session(recorder(), { end: AbortSignal.abort() })

    await expect(one.until(async () => 'there', { limit: '10s' })).rejects.toThrow('one was interrupted')
  })
})
