import { describe, expect, test } from 'vitest'
import { becomeByDoas } from '../../../../src/transport/shell/become/doas.ts'
import { becomeBySu } from '../../../../src/transport/shell/become/su.ts'
import { becomeBySudo } from '../../../../src/transport/shell/become/sudo.ts'
import { type MemoryChannel, memoryLogin } from '../memory-channel.ts'
import { unreachable } from '../this-machine.ts'

const STAT = '77 (sh) S 1 4711 99 0'

/** Becomes root by a program that the test plays; the channel is that in which it may ask. */
async function calling(program: 'sudo' | 'doas' | 'su') {
  const become = { sudo: becomeBySudo, doas: becomeByDoas, su: becomeBySu }[program]
  const login = memoryLogin()
  const ended = become({ exec: login.exec, user: 'ops', password: () => 'right', unreachable })
  // Who looks at it later is not too late.
  ended.catch(() => {})
  if (program === 'doas') await refuse(await login.channel(0), 'doas: Authentication required\n')
  const one = await login.channel(program === 'doas' ? 1 : 0)
  const prompt = { sudo: one.prompt, doas: 'doas (ops@hv-01) password: ', su: 'Password: ' }[program]
  return { login, ended, one, prompt }
}

async function refuse(channel: MemoryChannel, words: string): Promise<void> {
  await channel.stderr(words)
  await channel.end()
}

describe('a password', () => {
  test.each(['doas', 'su'] as const)(
    'is given to %s only when it waits for it, not when it speaks of one',
    async (program) => {
      const { one, prompt } = await calling(program)

      await one.stderr(`${prompt}none is known for ops\n`)
      const early = one.written
      await one.stderr(prompt.trimEnd())

      expect([early, one.written]).toEqual(['', 'right\n'])
    },
  )

  test('is given to sudo once for a question that comes twice in one breath', async () => {
    const { one, prompt, ended } = await calling('sudo')

    await one.stderr(`${prompt}${prompt}`)
    await one.stderr('\n')
    await one.stdout(`${one.ready} 0 ${STAT}\n`)

    expect(await ended).toMatchObject({ uid: '0' })
    expect(one.written).toBe('right\n')
  })

  test.each([
    ['doas', 'doas: account ops has expired'],
    ['su', 'su: Permission denied'],
    ['sudo', 'ops is not in the sudoers file.'],
  ] as const)('is not called wrong where %s took it and says something else', async (program, words) => {
    const { one, prompt, ended } = await calling(program)

    await one.stderr(prompt)
    await refuse(one, `\n${words}\n`)

    await expect(ended).rejects.toMatchObject({
      code: 'E_NOT_ROOT',
      message: `hv-01: ops cannot become root: ${words}`,
    })
    expect(one.written).toBe('right\n')
  })

  test.each([
    ['doas', 'doas: Authentication failed'],
    ['su', 'su: Authentication failure'],
  ] as const)('is not called wrong where %s refuses without having asked for it', async (program, words) => {
    const { one, ended } = await calling(program)

    await refuse(one, `${words}\n`)

    await expect(ended).rejects.toMatchObject({
      code: 'E_NOT_ROOT',
      message: `hv-01: ops cannot become root: ${words}`,
    })
    expect(one.written).toBe('')
  })

  test.each([
    ['it was given already', true, 'sudo: no tty present', 'sudo: no tty present'],
    ['no terminal is the reason', false, 'sudo: ops may not run sudo', 'sudo: ops may not run sudo'],
  ])('makes sudo be called in no other way where %s', async (_where, asks, words, said) => {
    const { login, one, prompt, ended } = await calling('sudo')

    if (asks) await one.stderr(prompt)
    await refuse(one, `\n${words}\n`)

    await expect(ended).rejects.toMatchObject({
      code: 'E_NOT_ROOT',
      message: `hv-01: ops cannot become root: ${said}`,
    })
    expect(login.channels).toHaveLength(1)
  })
})

describe('the way in which sudo is called for a terminal', () => {
  test('leaves its stdin alone: sudo itself reads the password there', async () => {
    const { login, one } = await calling('sudo')

    await refuse(one, 'sudo: sorry, you must have a tty to run sudo\n')

    expect((await login.channel(1)).commandLine).toMatch(/exec 3<&0 4>&1 5>&2; <\/dev\/null exec script /)
  })
})
