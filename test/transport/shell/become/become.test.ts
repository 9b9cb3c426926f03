import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { becomeByDoas } from '../../../../src/transport/shell/become/doas.ts'
import { becomeBySu } from '../../../../src/transport/shell/become/su.ts'
import { becomeBySudo } from '../../../../src/transport/shell/become/sudo.ts'
import type { ShellChannel } from '../../../../src/transport/shell/framed-shell.ts'
import { thisMachine, unreachable } from '../this-machine.ts'
import { standIns } from './stand-ins.ts'

const BECOME = { sudo: becomeBySudo, doas: becomeByDoas, su: becomeBySu } as const
type Program = keyof typeof BECOME

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean()
})

/** Becomes root by a program that finds this environment. */
async function become(program: Program, environment: Record<string, string>, password: (() => string) | null) {
  const programs = await standIns()
  cleanUps.push(programs.remove)
  const host = thisMachine({
    ASKS: 'yes',
    ...environment,
    PATH: `${programs.path}:${process.env.PATH}`,
    SENT: join(programs.path, 'sent'),
  })
  const ended = await BECOME[program]({ exec: host.exec, user: 'ops', password, unreachable }).then(
    ({ channel }) => {
      cleanUps.push(() => channel.close())
      return { channel, error: null }
    },
    (error: unknown) => ({ channel: null, error }),
  )
  return { ...ended, host, sent: await programs.sent() }
}

/** What a shell prints for one line on its stdin. */
async function printed(channel: ShellChannel | null, line: string): Promise<string> {
  channel?.stdin.write(`${line}\n`)
  const [chunk] = (await once(channel?.stdout as NodeJS.EventEmitter, 'data')) as [Buffer]
  return chunk.toString()
}

const right = () => 'right'
const wrong = () => 'wrong'

describe.each(['sudo', 'doas', 'su'] as const)('%s', (program) => {
  const whose = program === 'su' ? 'root' : 'ops'

  test('gets its password once, when it asks, and gives a shell that has all three streams', async () => {
    const { channel, sent, host } = await become(program, {}, right)

    expect(await printed(channel, 'echo hello; echo aside >&2')).toBe('hello\n')
    expect(sent).toBe('right\n')
    expect(host.closed).toBe(program === 'doas' ? 1 : 0)
  })

  test('is left when it asks and there is nothing to say, and not called where it would only ask', async () => {
    const { error, sent, host } = await become(program, {}, null)

    expect(error).toMatchObject({
      stage: 'sudo',
      code: 'E_SUDO_PASSWORD_MISSING',
      message: `hv-01: ${program} asks for a password of ${whose}, and none was given`,
    })
    expect(sent).toBe('')
    expect(host.commandLines).toHaveLength(program === 'su' ? 0 : 1)
  })

  test('is left with a password that it refuses, which was sent once', async () => {
    const { error, sent, host } = await become(program, {}, wrong)

    expect(error).toMatchObject({
      code: 'E_SUDO_PASSWORD_WRONG',
      message: `hv-01: ${program} refused the password of ${whose}; it was sent once`,
    })
    expect(sent).toBe('wrong\n')
    expect(host.closed).toBe(host.commandLines.length)
  })

  test('is quoted where it lets nobody in', async () => {
    const { error } = await become(program, { ASKS: 'for nothing' }, right)

    const said = {
      sudo: 'ops is not in the sudoers file.',
      doas: 'doas: Operation not permitted',
      su: 'su: Permission denied',
    }[program]
    expect(error).toMatchObject({ code: 'E_NOT_ROOT', message: `hv-01: ops cannot become root: ${said}` })
  })

  test('is let go when the password cannot be had any more, which is the reason that is told', async () => {
    const gone = new Error('the agent of secrets is gone')

    const { error, host } = await become(program, {}, () => {
      throw gone
    })

    expect(error).toBe(gone)
    expect(host.closed).toBe(host.commandLines.length)
  })
})

describe.each(['sudo', 'doas'] as const)('%s that asks for nothing', (program) => {
  test('gives a shell and gets no password', async () => {
    const { channel, sent } = await become(program, { ASKS: 'no' }, right)

    expect(await printed(channel, 'echo hello')).toBe('hello\n')
    expect(sent).toBe('')
  })

  test.each(['no', 'yes'])(
    'is found out when its rule lets the shell start and nothing else (asks: %s)',
    async (asks) => {
      const { channel, error } = await become(program, { ASKS: asks, NOEXEC: 'yes' }, right)

      expect(channel).toBeNull()
      expect(error).toMatchObject({ code: 'E_NOT_ROOT', message: expect.stringMatching(/Permission denied$/) })
    },
  )
})

describe('sudo', () => {
  test('may say much before it asks', async () => {
    const { channel, sent } = await become(
      'sudo',
      { LECTURE: 'We trust you have received the usual lecture.\n' },
      right,
    )

    expect(await printed(channel, 'echo hello')).toBe('hello\n')
    expect(sent).toBe('right\n')
  })

  test('may put our prompt into its own, as sudo-rs does', async () => {
    const { channel } = await become('sudo', { LECTURE: '[sudo: ' }, right)

    expect(await printed(channel, 'echo hello')).toBe('hello\n')
  })

  test('gets a terminal where it wants one, and its shell has none', async () => {
    const { channel, sent, host } = await become('sudo', { TTY_WANTED: 'yes' }, right)

    expect(await printed(channel, 'test -t 0 || test -t 1 || test -t 2 || echo none')).toBe('none\n')
    expect(sent).toBe('right\n')
    expect(host.commandLines).toHaveLength(2)
  })

  test('is not called a second time for a refusal that speaks of no terminal', async () => {
    const { host } = await become('sudo', { ASKS: 'for nothing' }, right)

    expect(host.commandLines).toHaveLength(1)
  })

  test('speaks English, whatever the session speaks', async () => {
    const { channel } = await become('sudo', { ASKS: 'no', LC_ALL: 'C.UTF-8', LANGUAGE: 'de' }, null)

    expect(await printed(channel, 'echo $LC_ALL $LANGUAGE')).toBe('C C\n')
  })
})

describe('a program that gives no root', () => {
  test.each(['sudo', 'doas', 'su'] as const)('is named when it ends without a word: %s', async (program) => {
    const host = thisMachine({ PATH: '/nowhere' })
    const exec = () => host.exec('exit 3')

    const ended = BECOME[program]({ exec, user: 'ops', password: right, unreachable })

    await expect(ended).rejects.toMatchObject({
      code: 'E_NOT_ROOT',
      message: `hv-01: ops cannot become root: ${program} ended without a word`,
    })
    expect(host.commandLines).toHaveLength(1)
  })

  test('is quoted with its last three lines', async () => {
    const host = thisMachine()
    const exec = () => host.exec(`printf 'one\\ntwo\\n\\n three \\nfour\\n' >&2`)

    const ended = becomeBySudo({ exec, user: 'ops', password: null, unreachable })

    await expect(ended).rejects.toMatchObject({ message: 'hv-01: ops cannot become root: two / three / four' })
  })
})
