import { userInfo } from 'node:os'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { asText } from '../../../src/transport/shell/bounded-bytes.ts'
import { explainShell } from '../../../src/transport/shell/explain-shell.ts'
import type { ShellChannel } from '../../../src/transport/shell/framed-shell.ts'
import { openRootShell, type RootShell, type RootShellParts } from '../../../src/transport/shell/root-shell.ts'
import { heard, memoryLogin } from './memory-channel.ts'
import { restoreClock, stopClock } from './memory-clock.ts'
import { thisMachine, unreachable } from './this-machine.ts'

const opened: RootShell[] = []
afterEach(() => {
  restoreClock()
  for (const shell of opened.splice(0)) shell.close()
})

async function open(parts: Partial<RootShellParts> & Pick<RootShellParts, 'exec'>): Promise<RootShell> {
  const common = { user: 'ops', become: 'none', password: null, unreachable, anyUser: true } as const
  const shell = await openRootShell({ ...common, ...parts })
  opened.push(shell)
  return shell
}

async function printed(shell: RootShell, command: string): Promise<string> {
  const fate = await shell.ask(command, 10_000)
  return fate.kind === 'answered' ? asText(fate.answer.stdout) : fate.kind
}

/** A login that says of its shell who it is, and nothing more. */
function answering(stat: string, uid: string) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  let closed = false
  const channel: ShellChannel = {
    stdin,
    stdout,
    stderr,
    onClose: () => {},
    close: () => {
      closed = true
    },
  }
  const exec = async (commandLine: string) => {
    stdout.write(`${/runbook-\w+-shell/.exec(commandLine)?.[0]} ${uid} ${stat}\n`)
    return channel
  }
  return { exec, closed: () => closed }
}

describe('a root shell', () => {
  test('has a plain environment, whatever the login brings', async () => {
    const host = thisMachine({ LC_ALL: 'C.UTF-8', LANGUAGE: 'de', IFS: ':', CDPATH: '/etc', TMPDIR: '/x', ENV: '/x' })

    const shell = await open({ exec: host.exec })

    const environment = 'echo $LC_ALL $LANG $PATH $HOME; umask; pwd; echo "${CDPATH-}${TMPDIR-}${LANGUAGE-}${ENV-}"'
    expect(await printed(shell, environment)).toBe('C C /usr/sbin:/usr/bin:/sbin:/bin /root\n0077\n/\n\n')
    expect(host.commandLines).toMatchObject([expect.stringMatching(/^exec \/bin\/sh -c .* exec \/bin\/sh'$/)])
  })

  test('knows the process group that ends all it has started', async () => {
    const shell = await open({ exec: thisMachine().exec })

    const group = await printed(shell, 'ps -o pgid= -p $$')

    expect(shell.processGroup).toBe(Number(group.trim()))
  })

  test('reads its process group behind any name that a program may have', async () => {
    const { exec } = answering('77 (a) b (c) R 1 4711 99 0', '0')

    const shell = await open({ exec, anyUser: false })

    expect(shell.processGroup).toBe(4711)
  })

  test('may be that of another user only where nobody was to become root and looking is enough', async () => {
    const parts = answering('77 (sh) S 1 77 77 0', '1000')

    const refused = open({ ...parts, anyUser: false })

    await expect(refused).rejects.toMatchObject({
      stage: 'sudo',
      code: 'E_NOT_ROOT',
      message: 'hv-01: ops cannot become root: its uid is 1000',
    })
    expect(parts.closed()).toBe(true)
    expect(await open({ ...answering('77 (sh) S 1 77 77 0', '1000'), anyUser: true })).toMatchObject({ over: false })
  })

  test('is root itself where somebody was to become it, also if looking is enough', async () => {
    const parts = answering('77 (sh) S 1 77 77 0', '1000')

    const refused = open({ ...parts, become: 'sudo', anyUser: true })

    await expect(refused).rejects.toMatchObject({
      code: 'E_NOT_ROOT',
      message: 'hv-01: ops cannot become root: its uid is 1000',
    })
    expect(parts.closed()).toBe(true)
  })

  test.each(['', '0 (sh) S 1 77 77 0'])('is none where it cannot tell who it is: “%s”', async (stat) => {
    const { exec } = answering(stat, '')

    await expect(open({ exec, anyUser: false })).rejects.toMatchObject({
      code: 'E_NOT_ROOT',
      message: 'hv-01: ops cannot become root: the shell there does not know its uid',
    })
  })

  test('is none where it ends before it answers', async () => {
    const host = thisMachine()

    const ended = open({ exec: () => host.exec('exit 1') })

    await expect(ended).rejects.toMatchObject({
      stage: 'channel',
      code: 'E_SHELL',
      message: 'hv-01: the shell of ops on 192.0.2.1:22 ended before it answered',
    })
    expect(host.closed).toBe(1)
  })

  test('keeps an answer as long as a file of 4 MiB whole', async () => {
    const shell = await open({ exec: thisMachine().exec })

    const fate = await shell.ask('head -c 4259840 /dev/zero', 20_000)

    expect(fate.kind === 'answered' && [fate.answer.stdout.head.length, fate.answer.stdout.leftOut]).toEqual([
      4_259_840, 0,
    ])
  })
})

describe('why no shell came up', () => {
  const line = (commandLine: string) => {
    const host = thisMachine()
    return {
      host,
      line: {
        user: userInfo().username,
        lost: false,
        close: async () => {},
        drop: () => {},
        exec: (asked: string) => host.exec(commandLine.replace('ASKED', asked)),
      },
    }
  }

  test.each([
    ['ends with its words', 'echo no logins here; echo sorry >&2', 'each one ends with “no logins here / sorry”'],
    ['ends in silence', 'exit 1', 'each one ends without a word'],
  ])('is the login itself where each command %s', async (_how, commandLine, said) => {
    const { line: way, host } = line(commandLine)

    const explained = await explainShell(unreachable.noShell('ended before it answered'), { line: way, unreachable })

    expect(explained).toMatchObject({
      code: 'E_SHELL',
      retry: false,
      message: `hv-01: the login of ops on 192.0.2.1:22 runs no commands: ${said}`,
    })
    expect(host.closed).toBe(1)
  })

  test('is told in 300 characters at most, of the last 16 KiB', async () => {
    const { line: way } = line('printf first; head -c 20000 /dev/zero | tr "\\0" x')

    const explained = (await explainShell(unreachable.noShell('ended'), { line: way, unreachable })) as Error

    expect(explained.message).toContain(`“${'x'.repeat(300)}”`)
  })

  test.each([
    ['no shell', unreachable.noShell('ended')],
    ['no root', unreachable.notRoot('ops', 'said', 'sudo')],
    ['no answer of sudo', unreachable.noSudoAnswer('sudo', '')],
  ])('stays as it was where the login runs commands: %s', async (_what, error) => {
    const { line: way, host } = line('ASKED')

    expect(await explainShell(error, { line: way, unreachable })).toBe(error)
    expect(host.commandLines).toHaveLength(1)
  })

  test.each([
    ['of another kind', unreachable.lost()],
    ['of ours', new TypeError('E_SHELL')],
  ])('is not looked for where the error is %s', async (_what, error) => {
    const { line: way, host } = line('exit 1')

    expect(await explainShell(error, { line: way, unreachable })).toBe(error)
    expect(host.commandLines).toEqual([])
  })

  test('is the login itself where it waits for more than the command, which never comes', async () => {
    const { line: way } = line('cat; echo no logins here')

    const explained = await explainShell(unreachable.noShell('ended'), { line: way, unreachable })

    expect((explained as Error).message).toContain('each one ends with “no logins here”')
  })

  test('is the login itself where each command hangs for ten seconds', async () => {
    const clock = stopClock()
    const login = memoryLogin()
    const way = { ...line('').line, exec: login.exec }
    const explained = explainShell(unreachable.noShell('ended'), { line: way, unreachable })
    const one = await login.channel(0)
    await one.stdout('Choose: ')

    clock.pass(9_999)
    await heard()
    const early = one.closed
    clock.pass(1)

    expect((await explained) as Error).toMatchObject({
      message: 'hv-01: the login of ops on 192.0.2.1:22 runs no commands: each one hangs with “Choose:”',
    })
    expect([early, one.closed]).toEqual([0, 1])
  })

  test('is known as soon as a command runs, and nothing of finding out is left', async () => {
    const clock = stopClock()
    const login = memoryLogin()
    const error = unreachable.noShell('ended')
    const explained = explainShell(error, { line: { ...line('').line, exec: login.exec }, unreachable })
    const one = await login.channel(0)
    const during = clock.waiting

    await one.breakStdin()
    await one.stdout(`Welcome\n${one.commandLine.replace('echo ', '')}\n`)

    expect(await explained).toBe(error)
    expect(one.closed).toBe(1)
    expect([during, clock.waiting]).toEqual([1, 0])
  })

  test('stays as it was where there is no channel to find out', async () => {
    const error = unreachable.noShell('ended')
    const way = { ...line('').line, exec: async () => Promise.reject(unreachable.lost()) }

    expect(await explainShell(error, { line: way, unreachable })).toBe(error)
  })
})
