import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Guard } from '../../src/engine/guard-port.ts'
import type { Connection } from '../../src/engine/ports.ts'
import { createSshTransport } from '../../src/transport/transport.ts'
import { reveal } from '../transport/hosts/reach.ts'
import { type HostileHost, startHostileHost } from './hostile-host.ts'

const TOKEN = { epoch: 3, run: 'r1', random: 'aaaa' }
const SWITCH = { token: TOKEN, step: 'a-step', attempt: 1 }
const BOOT_ID = '6d4a6c0e-8f0b-4a5e-9d53-0c8f1f3f7a11'
const BOOT = `host-boot=${BOOT_ID}`
const SUM = `sha256:${'0'.repeat(64)}`

/** Each verb of the guard, as the engine calls it. */
const VERBS: Readonly<Record<string, (guard: Guard) => Promise<unknown>>> = {
  inspect: (guard) => guard.inspect('r1'),
  settleRunning: (guard) => guard.settleRunning('r1', '1s'),
  claim: (guard) =>
    guard.claim({ run: 'r1', random: 'aaaa', journal: 'j', controller: 'me@here', atLeast: 2, lease: 1 }),
  command: (guard) =>
    guard.change({ ...SWITCH, act: 'apply', n: 1, limit: '5s', change: { kind: 'command', text: 'true' } }),
  write: (guard) =>
    guard.change({
      ...SWITCH,
      act: 'apply',
      n: 1,
      limit: '5s',
      change: { kind: 'write', path: '/etc/file', content: new Uint8Array(3), replacing: 'absent' },
    }),
  requestReboot: (guard) => guard.requestReboot({ token: TOKEN, oldBootId: 'aaaa' }),
  cancelReboot: (guard) => guard.cancelReboot({ token: TOKEN }),
  arm: (guard) => guard.arm({ ...SWITCH, within: '30s', revert: 'true' }),
  disarm: (guard) => guard.disarm(SWITCH),
  fire: (guard) => guard.fire(SWITCH),
  release: (guard) => guard.release({ token: TOKEN, head: 'abc' }),
  unlock: (guard) => guard.unlock('r1'),
  clean: (guard) => guard.clean(['r1']),
}

/** What no verb may take for its answer. */
const GARBAGE: readonly string[] = [
  '',
  '\n\n\n',
  'ok\n',
  'sh: 1: Cannot fork\n',
  'Segmentation fault (core dumped)\n',
  '{"claimed": 4}\n',
  '\u001b]0;claimed 4\u0007\u001b[2Jreleased\n',
  '\0\0\0\0',
  'CLAIMED 4\n',
  ' claimed 4\n',
  `${'y'.repeat(300_000)}\n`,
]

/** Nearly right answers, each to the verb that it nearly answers. */
const NEARLY: readonly (readonly [verb: string, said: string])[] = [
  ['inspect', `${BOOT}\n`],
  ['inspect', `${BOOT}\nstate=owned\nepoch=99999999999999999999\nwhole\n`],
  ['inspect', `${BOOT}\nmarker=apply 1 1 ended 0 ../../../etc/passwd%\nwhole\n`],
  ['inspect', `${BOOT}\nmarker=apply 1 1 ended 0\nwhole\n`],
  ['claim', 'claimed\n'],
  ['claim', 'claimed 4\n'],
  ['claim', 'claimed 4 ../../../boot\n'],
  ['claim', `claimed -4 ${BOOT_ID}\n`],
  ['claim', `claimed 4e3 ${BOOT_ID}\n`],
  ['claim', `claimed 99999999999999999999 ${BOOT_ID}\n`],
  ['claim', `released 4 ${BOOT_ID}\n`],
  ['command', 'ended\n'],
  ['command', 'ended 0\n'],
  ['command', 'ended zero 0\n'],
  ['command', 'ended 99999 0\n'],
  ['command', `done ${SUM}\n`],
  ['command', 'conflict absent\n'],
  ['write', 'ended 0 0\n'],
  ['write', 'done\n'],
  ['write', 'done sha256:../../../../etc/passwd\n'],
  ['requestReboot', 'requested-not\n'],
  ['arm', 'disarmed\n'],
  ['release', 'released-not\n'],
  ['unlock', 'unlocked\n'],
  ['unlock', 'unlocked many\n'],
  ['clean', 'cleaned-not\nr1\n'],
]

describe('garbage in place of an answer of the guard', () => {
  let host: HostileHost | undefined
  let line: Connection | undefined
  let said = ''
  const transport = createSshTransport({ reveal })

  beforeAll(async () => {
    host = await startHostileHost({ answer: () => ({ stdout: said }) })
    line = await transport.open({ name: 'hv-01', connection: host.connection }, { deadline: '10s' })
  })
  afterAll(async () => {
    await transport.close()
    await host?.down()
  })

  async function outcome(verb: string, garbage: string): Promise<unknown> {
    said = garbage
    const call = VERBS[verb]
    if (!line || !call) throw new Error('there is no such verb, or no line')
    return call(line.guard).then(
      (value) => ({ taken: value }),
      ({ name, code, message }: { name: string; code: string; message: string }) => ({
        name,
        code,
        short: message.length < 500,
        inert: !/[\u0000-\u0008\u001b]/.test(message),
      }),
    )
  }

  test.each(Object.keys(VERBS))('is taken by %s for no answer, whatever it is', async (verb) => {
    for (const garbage of GARBAGE) {
      expect([garbage.slice(0, 40), await outcome(verb, garbage)]).toEqual([
        garbage.slice(0, 40),
        { name: 'HostUnreachable', code: expect.stringMatching(/^E_(GARBLED|BOOT_ID)$/), short: true, inert: true },
      ])
    }
  })

  test.each(NEARLY)('is taken by %s for no answer where it is %j', async (verb, garbage) => {
    expect(await outcome(verb, garbage)).toMatchObject({ name: 'HostUnreachable', code: 'E_GARBLED' })
  })

  test('is no guard that is there but never is once it was put there', async () => {
    expect(await outcome('claim', 'absent\n')).toMatchObject({ code: 'E_GARBLED' })
  })
})
