import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Connection } from '../../src/engine/ports.ts'
import { quote } from '../../src/model/command.ts'
import { HostUnreachable } from '../../src/model/errors.ts'
import type { Token } from '../../src/model/event.ts'
import { bytes, type GuardSite, nextRun, runOn } from './guard-conformance.ts'

/** A real host: the tests may run what they like on it. */
export interface RealSite extends GuardSite {
  /** Runs a command beside the transport, as root. */
  inside(command: string): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>
  /** Cuts every line to the host; what runs there goes on. */
  cut(): Promise<void>
}

const HOSTILE = [
  "it's",
  '$(id)',
  '`id`',
  '"; id; "',
  'a\nb\n',
  '\\',
  "'\\''",
  '*',
  '-n',
  '%s',
  '~',
  'ä🐧',
  '\t',
  ' ',
  '',
  '!!',
  '#x',
  '&& id',
]

/** What a transport to real hosts promises: questions, changes that outlive the line, and bytes as they are. */
export function transportConformance(name: string, make: () => Promise<RealSite>): void {
  describe(`a line to ${name}`, () => {
    let site: RealSite
    let connection: Connection
    let run: string
    let mine: ReturnType<typeof runOn>
    let token: Token
    let path: string

    const fresh = () => site.transport.open(site.host, { deadline: '30s' })
    const look = (command: string) => connection.look(command, { limit: '10s' })
    const command = (text: string, more: Parameters<typeof mine.change>[2] = {}) =>
      mine.change(token, { kind: 'command', text }, more)

    beforeAll(async () => {
      site = await make()
    })
    afterAll(() => site.down())
    beforeEach(async () => {
      connection = await fresh()
      run = nextRun()
      path = `${site.folder}/${run}.conf`
      mine = runOn(connection, run)
    })
    afterEach(async () => {
      await connection.guard.unlock(run).catch(() => {})
      await connection.close()
    })

    test('leaves nothing on the host when it only asks', async () => {
      await site.inside('rm -rf /var/lib/runbook')

      await Promise.all([look('true'), connection.read('/etc/passwd'), connection.guard.inspect(run)])

      expect((await site.inside('ls -A /var/lib/runbook')).exitCode).not.toBe(0)
    })

    test('answers questions asked together, each with its own streams and code', async () => {
      const codes = Array.from({ length: 30 }, (_, index) => index)

      const answers = await Promise.all(
        codes.map((code) => look(`echo out ${code}; echo err ${code} >&2; exit ${code}`)),
      )

      expect(answers).toEqual(
        codes.map((code) => ({ exitCode: code, stdout: `out ${code}\n`, stderr: `err ${code}\n` })),
      )
    })

    test('runs as root with a plain environment', async () => {
      const { stdout } = await look('id -u; umask; pwd; echo "$PATH $LC_ALL $LANG"; read -r line || echo no stdin')

      expect(stdout).toBe('0\n0077\n/\n/usr/sbin:/usr/bin:/sbin:/bin C C\nno stdin\n')
    })

    test('hands hostile words to a command as they are', async () => {
      const { stdout } = await look(`printf '[%s]\\n' ${HOSTILE.map(quote).join(' ')}`)

      expect(stdout).toBe(HOSTILE.map((word) => `[${word}]\n`).join(''))
    })

    test('is not disturbed by a neighbour with a syntax error, an exit or an exec', async () => {
      const neighbours = [
        'echo "open',
        ') ; }',
        'exit 9',
        'exec true',
        'cd /tmp; umask 0; PATH=/',
        'kill -s TERM 0 & :',
      ]

      const answers = await Promise.all([...neighbours.slice(0, 5), 'pwd; umask'].map(look))

      expect(answers.at(-1)?.stdout).toBe('/\n0077\n')
      expect(answers[0]?.exitCode).not.toBe(0)
      expect(answers[2]?.exitCode).toBe(9)
    })

    test('condemns a shell that answers no more, and asks the rest elsewhere', async () => {
      const stuck = connection.look(`sleep 4242; echo never ${run}`, { limit: '50ms' })
      const rest = [look('echo one'), look('echo two')]

      await expect(stuck).rejects.toMatchObject({ code: 'E_TIMED_OUT' })

      expect((await Promise.all(rest)).map(({ stdout }) => stdout)).toEqual(['one\n', 'two\n'])
      expect((await site.inside('pgrep -f "sleep 424[2]"')).stdout).toBe('')
    }, 20_000)

    test('keeps the beginning and the end of a flood', async () => {
      const { stdout } = await look('echo begin; yes | head -c 12000000; echo end')

      expect(stdout.length).toBeLessThan(6_000_000)
      expect([stdout.startsWith('begin\n'), stdout.endsWith('end\n'), stdout.includes('bytes left out')]).toEqual([
        true,
        true,
        true,
      ])
    })

    test('gives a change its exit code, both streams and no stdin', async () => {
      token = await mine.claim()

      const answer = await command('echo out; echo err >&2; read -r x || echo none; exit 7')

      expect(answer).toEqual({ kind: 'ended', timedOut: false, exitCode: 7, stdout: 'out\nnone\n', stderr: 'err\n' })
    })

    test.each([
      ['a script', bytes("#!/bin/sh\nrm -rf /nowhere\nexit 3\n'\n")],
      ['NUL and every other byte', Uint8Array.from({ length: 1_024 }, (_, index) => index % 256)],
      ['a megabyte', bytes("a line, it's long\n".repeat(60_000))],
      ['nothing', new Uint8Array()],
    ])('writes content byte by byte: %s', async (_name, content) => {
      token = await mine.claim()
      const sum = createHash('sha256').update(content).digest('hex')

      await mine.change(token, { kind: 'write', path, content, replacing: 'absent' })

      expect((await site.inside(`sha256sum <${path}`)).stdout).toBe(`${sum}  -\n`)
      expect((await connection.read(path)).fingerprint).toBe(`sha256:${sum}`)
    })

    test('runs a command of a megabyte', async () => {
      token = await mine.claim()

      const answer = await command(`${': some words to skip\n'.repeat(50_000)}echo done`)

      expect(answer).toMatchObject({ exitCode: 0, stdout: 'done\n' })
    })

    test('keeps mode, owner and link of a file, and gives a new one the mode asked for', async () => {
      await site.inside(`echo old >${path}; chmod 640 ${path}; chown 12:34 ${path}; ln -s ${path} ${path}.link`)
      token = await mine.claim()
      const { fingerprint: replacing } = await connection.read(`${path}.link`)

      await mine.change(token, { kind: 'write', path: `${path}.link`, content: bytes('new\n'), replacing })
      await mine.change(token, {
        kind: 'write',
        path: `${path}.new`,
        content: bytes('x'),
        replacing: 'absent',
        mode: '0600',
      })

      const { stdout } = await site.inside(`stat -c '%a %u:%g %F' ${path} ${path}.link ${path}.new; cat ${path}`)
      expect(stdout).toBe('640 12:34 regular file\n777 0:0 symbolic link\n600 0:0 regular file\nnew\n')
    })

    test('gives a removed file its mode and owner back', async () => {
      await site.inside(`echo old >${path}; chmod 640 ${path}; chown 12:34 ${path}`)
      token = await mine.claim()
      const { fingerprint: before } = await connection.read(path)
      await mine.change(token, { kind: 'remove', path, replacing: before })

      await mine.change(token, { kind: 'restore', path, before })

      expect((await site.inside(`stat -c '%a %u:%g' ${path}; cat ${path}`)).stdout).toBe('640 12:34\nold\n')
    })

    test('writes to names that are hostile', async () => {
      token = await mine.claim()
      const hostile = `${site.folder}/${run} it's $(id) \`x\` \\ "*" -n `

      await mine.change(token, { kind: 'write', path: hostile, content: bytes('x'), replacing: 'absent' })

      const { fingerprint } = await connection.read(hostile)
      await mine.change(token, { kind: 'write', path: hostile, content: bytes('y'), replacing: fingerprint })
      expect((await connection.read(hostile)).text).toBe('y')
      expect(await mine.change(token, { kind: 'restore', path: hostile, before: 'absent' })).toMatchObject({
        kind: 'done',
      })
    })

    test('refuses directories, devices, missing folders and names with line breaks', async () => {
      token = await mine.claim()
      const write = (to: string) =>
        mine.change(token, { kind: 'write', path: to, content: bytes('x'), replacing: 'absent' })

      await expect(write('/etc')).rejects.toMatchObject({ code: 'E_FILE_IS_DIRECTORY' })
      await expect(write('/dev/null')).rejects.toMatchObject({ code: 'E_FILE_SPECIAL' })
      await expect(write('/no/such/folder/file')).rejects.toMatchObject({ code: 'E_NO_DIRECTORY' })
      await expect(write(`${path}\nx`)).rejects.toMatchObject({ code: 'E_FILE_PATH' })
      await expect(connection.read('/etc')).rejects.toMatchObject({ code: 'E_FILE_IS_DIRECTORY', name: 'Blocked' })
      await expect(connection.read('/dev/null')).rejects.toMatchObject({ code: 'E_FILE_SPECIAL' })
    })

    test('goes on with a change whose line was cut, and lets it be met by its marker', async () => {
      token = await mine.claim()
      const begun = command(`sleep 2; echo done >${path}`)
      await expect
        .poll(async () => (await site.inside(`ls /var/lib/runbook/runs/${run}/markers`)).stdout, { timeout: 10_000 })
        .toContain('a-step')

      const lost = expect(begun).rejects.toBeInstanceOf(HostUnreachable)
      await site.cut()
      await lost

      await expect(look('true')).rejects.toMatchObject({ stage: 'lost', code: 'E_LOST' })
      connection = await fresh()
      const running = (await connection.guard.inspect(run)).markers
      const settled = await connection.guard.settleRunning(run, '30s')
      expect([running[0]?.state, settled[0]]).toMatchObject(['running', { state: 'ended', exitCode: 0 }])
      expect(await site.textOf(path)).toBe('done\n')
    }, 30_000)

    test('hands neither the mutex nor its streams to a daemon that a change starts', async () => {
      token = await mine.claim()

      const answer = await command('sleep 3535 & echo started')

      const next = await command('echo next')
      const { stdout } = await site.inside(`pid=$(pgrep -f 'sleep 353[5]'); ls -l /proc/$pid/fd; kill $pid`)
      expect([answer, next]).toMatchObject([{ stdout: 'started\n' }, { stdout: 'next\n' }])
      expect(stdout).not.toMatch(/mutex|pipe|socket/)
    })

    test('ends the whole group of a change that does not end within its limit', async () => {
      token = await mine.claim()

      const answer = await command(`trap '' TERM; sleep 3636 & echo began; wait; wait`, { limit: '1s' })

      expect(answer).toMatchObject({ kind: 'ended', timedOut: true, stdout: 'began\n' })
      expect((await site.inside('pgrep -f "sleep 363[6]"')).stdout).toBe('')
    }, 30_000)

    test('does not take an exit code of 124 for a limit that was passed', async () => {
      token = await mine.claim()

      const answer = await command('exit 124')

      expect(answer).toMatchObject({ kind: 'ended', exitCode: 124, timedOut: false })
    })

    test('answers questions while a change runs, shows what it prints, and ends it when asked', async () => {
      token = await mine.claim()
      const heard: string[] = []
      const begun = command('echo working; sleep 3737', { onOutput: (line) => heard.push(line) })
      await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['working'])

      const beside = await look('echo beside')
      await connection.guard.endRunning(run)

      expect(beside.stdout).toBe('beside\n')
      expect(await begun).toMatchObject({ kind: 'ended', exitCode: 143, timedOut: false })
    }, 30_000)

    test('keeps the ends of what a change prints', async () => {
      token = await mine.claim()

      const answer = await command('echo begin; yes | head -c 3000000; echo end')

      const stdout = answer.kind === 'ended' ? answer.stdout : ''
      expect(stdout.length).toBeLessThan(300_000)
      expect([stdout.startsWith('begin\n'), stdout.endsWith('end\n')]).toEqual([true, true])
    })

    test('lets an unlock end what runs and names it', async () => {
      token = await mine.claim()
      const begun = command('sleep 3838')
      await expect.poll(async () => (await connection.guard.inspect(run)).markers.length, { timeout: 10_000 }).toBe(1)
      const other = await fresh()

      const { ended } = await other.guard.unlock(run)
      await other.close()

      expect(ended).toEqual(['a-step'])
      expect(await begun).toMatchObject({ kind: 'ended', exitCode: 143 })
      await expect(command('echo late')).rejects.toMatchObject({ code: 'E_LOCKED' })
    }, 30_000)

    test('undoes everything from a rescue console, newest first', async () => {
      await site.put(path, 'first\n')
      await site.put(`${path}.theirs`, 'first\n')
      token = await mine.claim()
      const before = (await connection.read(path)).fingerprint
      await mine.change(token, { kind: 'write', path, content: bytes('second\n'), replacing: before })
      await mine.change(token, { kind: 'write', path: `${path}.theirs`, content: bytes('mine\n'), replacing: before })
      await mine.change(token, { kind: 'write', path: `${path}.new`, content: bytes('x'), replacing: 'absent' })
      await mine.change(token, { kind: 'keep', path: `${path}.new` })
      await command(`echo rewritten >${path}.new`, { rescue: ['touch', `${path}.rescued it's`] })
      await site.put(`${path}.theirs`, 'theirs\n')

      const { exitCode, stdout } = await site.inside(`sh /var/lib/runbook/runs/${run}/undo.sh`)

      expect(stdout.split('\n')).toEqual([
        `put back: ${path}.new`,
        `put back: ${path}.new`,
        `left alone: ${path}.theirs is neither what step a-step found nor what it left`,
        `put back: ${path}`,
        `running: touch '${path}.rescued it'\\''s'`,
        '',
      ])
      expect(exitCode).toBe(1)
      expect((await site.inside(`cat ${path} ${path}.theirs; ls ${path}.new; ls ${path}.rescued*`)).stdout).toBe(
        `first\ntheirs\n${path}.rescued it's\n`,
      )
    })

    test('undoes on a mounted disk without running anything', async () => {
      await site.put(path, 'first\n')
      token = await mine.claim()
      const before = (await connection.read(path)).fingerprint
      await mine.change(
        token,
        { kind: 'write', path, content: bytes('second\n'), replacing: before },
        { rescue: ['false'] },
      )
      await site.inside(
        `mkdir -p /tmp/${run}/etc /tmp/${run}/runs; cp -a ${path} /tmp/${run}${path}; cp -a /var/lib/runbook/runs/${run} /tmp/${run}/runs`,
      )

      const { stdout } = await site.inside(
        `cd /tmp/${run}/runs/${run}; sh undo.sh /tmp/${run}; cat /tmp/${run}${path} ${path}; rm -rf /tmp/${run}`,
      )

      expect(stdout).toBe(`put back: ${path}\nnot run, the root is elsewhere: false\nfirst\nsecond\n`)
    })
  })
}
