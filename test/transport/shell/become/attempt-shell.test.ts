import { afterEach, describe, expect, test } from 'vitest'
import { becomeByDoas } from '../../../../src/transport/shell/become/doas.ts'
import { ownShell } from '../../../../src/transport/shell/become/own.ts'
import { becomeBySu } from '../../../../src/transport/shell/become/su.ts'
import { becomeBySudo } from '../../../../src/transport/shell/become/sudo.ts'
import { heard, memoryLogin } from '../memory-channel.ts'
import { restoreClock, stopClock } from '../memory-clock.ts'
import { unreachable } from '../this-machine.ts'

const right = () => 'right'
function gone(): string {
  throw new Error('the agent of secrets is gone')
}

const STAT = '77 (sh) S 1 4711 99 0'
const MOST_NOISE = 262_144

afterEach(restoreClock)

/** Someone who logs in and becomes root by this program, and the first channel of that. */
async function attempt(become: typeof becomeBySudo, password: (() => string) | null = right) {
  const login = memoryLogin()
  const ended = become({ exec: login.exec, user: 'ops', password, unreachable })
  // Who looks at it later is not too late.
  ended.catch(() => {})
  return { login, ended, one: await login.channel(0) }
}

describe('a shell that says who it is', () => {
  test('is found behind noise of the login on both streams, in whatever pieces it speaks', async () => {
    const { ended, one } = await attempt(ownShell)

    await one.stderr('stty: not a typewriter\n')
    await one.stdout('Welcome to hv-01\n')
    await one.stdout(`\nLast login: never\n${one.ready} 10`)
    await one.stdout('00 77 (sh) S 1 47')
    await one.stdout('11 99 0\n')

    expect(await ended).toMatchObject({ uid: '1000', processGroup: 4711 })
  })

  test('is heard by nobody here any more: what it prints is for who asks it', async () => {
    const { ended, one } = await attempt(becomeBySudo)
    await one.stderr(one.prompt)
    await one.stdout(`${one.ready} 0 ${STAT}\n`)
    await ended

    await one.stderr(one.prompt)

    expect(one.written).toBe('right\n')
    expect([one.channel.stdout, one.channel.stderr].map((stream) => stream.listenerCount('data'))).toEqual([0, 0])
    expect(one.closed).toBe(0)
  })

  test('is none before the last 256 KiB of what was said', async () => {
    const { ended, one } = await attempt(becomeBySudo)

    await one.stderr(`${one.prompt}${'x'.repeat(MOST_NOISE)}`)
    await one.stdout(`${one.ready} 0 ${STAT}\n${'x'.repeat(MOST_NOISE)}`)
    await one.end()

    await expect(ended).rejects.toMatchObject({ code: 'E_NOT_ROOT' })
    expect(one.written).toBe('')
  })

  test('may go away while something is written to it, which its end tells', async () => {
    const { ended, one } = await attempt(becomeBySudo)

    await one.breakStdin()
    await one.end()

    await expect(ended).rejects.toMatchObject({
      code: 'E_NOT_ROOT',
      message: 'hv-01: ops cannot become root: sudo ended without a word',
    })
  })
})

describe('an attempt leaves no timer behind', () => {
  test.each([
    ['a shell', right, 'ready'],
    ['an end', right, 'end'],
    ['a password that cannot be had', gone, 'prompt'],
  ] as const)('that comes to %s', async (_what, password, said) => {
    const clock = stopClock()
    const { ended, one } = await attempt(becomeBySudo, password)
    const during = clock.waiting

    if (said === 'ready') await one.stdout(`${one.ready} 0 ${STAT}\n`)
    if (said === 'prompt') await one.stderr(one.prompt)
    if (said === 'end') await one.end()
    await ended.catch(() => {})

    expect([during, clock.waiting]).toEqual([1, 0])
  })
})

describe('a program that is silent for 30 seconds', () => {
  test.each([
    ['sudo', becomeBySudo, 'one moment\nlooking for your tty\n', 'one moment / looking for your tty'],
    ['doas', becomeByDoas, 'doas: Authentication required', 'doas: Authentication required'],
    ['su', becomeBySu, 'Touch your key\n', 'Touch your key'],
  ] as const)(
    'is left with its last words, and not called in another way: %s',
    async (program, become, said, words) => {
      const clock = stopClock()
      const { ended, one, login } = await attempt(become)
      await one.stderr(said)
      let over = false
      ended.catch(() => {
        over = true
      })

      clock.pass(29_999)
      await heard()
      const early = over
      clock.pass(1)

      await expect(ended).rejects.toMatchObject({
        stage: 'sudo',
        code: 'E_SUDO_NO_ANSWER',
        message: `hv-01: ${program} gave neither a shell nor its prompt within 30s; it said: ${words}`,
      })
      expect([early, one.closed, login.channels.length]).toEqual([false, 1, 1])
    },
  )

  test('is the shell of the login where nobody becomes root', async () => {
    const clock = stopClock()
    const { ended, one } = await attempt(ownShell)

    clock.pass(30_000)

    await expect(ended).rejects.toMatchObject({
      stage: 'channel',
      code: 'E_SHELL',
      message: 'hv-01: the shell of ops on 192.0.2.1:22 gave no answer within 30s',
    })
    expect(one.closed).toBe(1)
  })
})
