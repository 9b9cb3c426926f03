import { describe, expect, it } from 'vitest'
import type { Connection, Transport } from '../../../src/engine/ports.ts'
import { blocked, needed, satisfied } from '../../../src/model/check.ts'
import type { Answer } from '../../../src/model/fact.ts'
import type { Session } from '../../../src/model/probe.ts'
import { gate, type Step, step } from '../../../src/model/step.ts'
import { fakeClock, fakeCloud, fakeHost, fakeTransport, runOn } from '../../../src/testing.ts'
import { toyRunbook } from '../toy.ts'
import { written } from './written.ts'

/** What a run of a host sends, once it is planned: `read /one` waits for an answer of its own, `+ read /one` does not. */
async function sentBy(steps: readonly Step[], parts: { clock?: ReturnType<typeof fakeClock>; say?: () => void } = {}) {
  const host = fakeHost({ name: 'hv-01', commands: [[/^work/, '']] })
  const { clock = fakeClock(), say = () => {} } = parts
  const real = fakeTransport({ hosts: [host], clock })
  const sent: string[] = []
  const noting = (questions: Connection['behind'], sign: string): Connection['behind'] => ({
    look: (command, options) => {
      sent.push(`${sign}look ${command}`)
      return questions.look(command, options)
    },
    read: (path) => {
      sent.push(`${sign}read ${path}`)
      return questions.read(path)
    },
  })
  const transport: Transport = {
    async open(to, options) {
      const connection = await real.open(to, options)
      const { guard } = connection
      return {
        ...connection,
        ...noting(connection, ''),
        behind: noting(connection.behind, '+ '),
        guard: {
          ...guard,
          claim: (request) => {
            sent.splice(0, sent.length, 'claim')
            return guard.claim(request)
          },
          change: async (request) => {
            const { change } = request
            sent.push(change.kind === 'command' ? change.text : `${change.kind} ${change.path}`)
            const answer = await guard.change(request)
            say()
            return answer
          },
          release: (request) => {
            sent.push('release')
            return guard.release(request)
          },
        },
      }
    },
  }
  const cloud = () => fakeCloud({ services: [{ host: 'hv-01' }] }).port('mycloud')
  const { report } = await runOn(toyRunbook(steps), {}, [host], { transport, clock, cloud })
  return { sent, result: report.hosts[0] }
}

const apply = (work: (session: Session, write: () => Promise<void>) => Promise<unknown>) => ({
  apply: (session: Session, found: string) => work(session, () => session.write('/one', 'new\n', { replacing: found })),
})

const LIMIT = { limit: '1s' } as const
const SHUT = blocked({ code: 'E_SHUT', because: 'shut', remedy: 'Open it.' })

const worked = ({ exitCode }: Answer) => (exitCode === 0 ? satisfied('open') : SHUT)

describe('a host that is changed by one command', () => {
  it('is waited for three times behind its plan: for claim and check, for change and proof, for the release', async () => {
    const { sent, result } = await sentBy([written('one')])

    expect(sent).toEqual(['claim', '+ read /one', 'write /one', '+ read /one', 'release'])
    expect(result?.result).toBe('changed')
  })

  it('is asked for the gates of the step in the same breath, and not for those of its proof', async () => {
    const open = gate({ id: 'open', check: async (host) => worked(await host.look`work`) })

    const { sent } = await sentBy([written('one', { before: [open] })])

    expect(sent).toEqual(['claim', '+ read /one', '+ look work', 'write /one', '+ read /one', 'release'])
  })

  it('is left where a gate of the step says no behind the claim', async () => {
    const answers = [satisfied('open')]
    const open = gate({ id: 'open', check: async () => answers.shift() ?? SHUT })

    const { sent, result } = await sentBy([written('one', { before: [open] })])

    expect([sent, result?.code]).toEqual([['claim', '+ read /one', 'release'], 'E_SHUT'])
  })

  it('is proved by what the step says of itself behind the change', async () => {
    const proved = written('one', {
      async verify(host, found) {
        await host.look`work ${found}`
        return needed('more', found)
      },
    })

    const { sent, result } = await sentBy([proved])

    expect(sent).toEqual(['claim', '+ read /one', 'write /one', "+ look work 'absent'", 'release'])
    expect(result).toMatchObject({ result: 'failed', code: 'E_NOT_EFFECTIVE' })
  })
})

it('a host with several steps to change is asked behind each change what the next step will be', async () => {
  const { sent } = await sentBy([written('one'), written('two'), written('three')])

  expect(sent).toEqual([
    ...['claim', '+ read /one', 'write /one', '+ read /one', '+ read /two'],
    ...['write /two', '+ read /two', '+ read /three', 'write /three', '+ read /three', 'release'],
  ])
})

it('a step reads before its change what its check has read, and asks anew while it waits', async () => {
  const steps = [
    written(
      'one',
      apply(async (session, write) => {
        await session.read('/one')
        await session.look`work`
        await session.until(async () => ((await session.read('/one')).state === 'absent' ? 'so' : null), LIMIT)
        await write()
      }),
    ),
  ]

  const { sent } = await sentBy(steps)

  expect(sent).toEqual(['claim', '+ read /one', 'look work', 'read /one', 'write /one', '+ read /one', 'release'])
})

describe('what was answered behind a change is asked once more', () => {
  const again = ['claim', '+ read /one', 'write /one', '+ read /one']

  it.each<[string, string, (session: Session) => Promise<unknown>]>([
    ['behind another change of the same step', 'work', (session) => session.run`work`],
    ['where the step asks the host itself behind its change', 'look work', (session) => session.look`work`],
    ['where the step reads a file behind its change', 'read /x', (session) => session.read('/x')],
  ])('%s', async (_where, more, work) => {
    const { sent } = await sentBy([
      written(
        'one',
        apply((session, write) => write().then(() => work(session))),
      ),
    ])

    expect(sent).toEqual([...again, more, 'read /one', 'release'])
  })

  it('where the step waits for something behind its change', async () => {
    const patient = apply((session, write) => write().then(() => session.until(async () => 'now', { limit: '1s' })))

    const { sent } = await sentBy([written('one', patient)])

    expect(sent).toEqual([...again, 'read /one', 'release'])
  })

  it('where it is older than two seconds', async () => {
    const clock = fakeClock()
    const late = step<null>({
      id: 'late',
      async check() {
        await new Promise(setImmediate)
        await clock.sleep(2_001)
        return satisfied('late')
      },
      apply: async () => {},
    })

    const { sent } = await sentBy([written('one'), late, written('two')], { clock })

    expect(sent.filter((what) => what.endsWith('/two'))).toEqual([
      '+ read /two',
      'read /two',
      'write /two',
      '+ read /two',
    ])
  })

  it('where a cloud was changed, of which the host was only told', async () => {
    const changing = apply(async (session, write) => {
      await session.cloud('mycloud').disable('hv-01', 'why')
      await write()
    })

    const { sent, result } = await sentBy([written('one', changing)])

    expect(sent).toEqual([
      ...['claim', '+ read /one', ": 'disable the compute service' 'hv-01'", '+ read /one'],
      ...['write /one', 'read /one', 'release'],
    ])
    expect(result?.result).toBe('changed')
  })
})

it('a step that asks a cloud is asked at its turn', async () => {
  const order: string[] = []
  const inCloud = step<null>({
    id: 'in-cloud',
    check: async (host) => {
      const cloud = host.cloud('mycloud')
      order.push('asks the cloud')
      await cloud.computeServices()
      return satisfied('it is there')
    },
    apply: async () => {},
  })

  const { result } = await sentBy([written('one'), inCloud], { say: () => order.push('changed') })

  expect([order, result?.result]).toEqual([['asks the cloud', 'changed', 'asks the cloud'], 'changed'])
})
