import { spawn } from 'node:child_process'
import { Writable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { asText } from '../../../src/transport/shell/bounded-bytes.ts'
import { type FramedShell, makeFramedShell } from '../../../src/transport/shell/framed-shell.ts'

const NONCE = 'f0'.repeat(16)
const opened: FramedShell[] = []
afterEach(() => {
  for (const shell of opened.splice(0)) shell.close()
})

/** A framed shell on a shell of this machine, and every write that reached it. */
function localShell() {
  const child = spawn('/bin/sh', [], { detached: true })
  const writes: string[] = []
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString())
      child.stdin.write(chunk, () => done())
    },
    final(done) {
      child.stdin.end(() => done())
    },
  })
  const shell = makeFramedShell(
    {
      stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      onClose: (listener) => child.once('close', listener),
      close: () => child.kill('SIGKILL'),
    },
    { nonce: NONCE, bounds: { head: 100_000, tail: 1_000 } },
  )
  opened.push(shell)
  return { shell, writes, child }
}

describe('a framed shell', () => {
  test('sends what is asked in one tick in one write', async () => {
    const { shell, writes } = localShell()

    const later = Promise.resolve().then(() => Promise.resolve())
    const fates = await Promise.all([
      shell.ask('echo one', 5_000),
      shell.ask('echo two', 5_000),
      later.then(() => shell.ask('echo three', 5_000)),
    ])

    expect(fates.map((fate) => fate.kind === 'answered' && asText(fate.answer.stdout))).toEqual([
      'one\n',
      'two\n',
      'three\n',
    ])
    expect(writes).toHaveLength(1)
  })

  test('cuts large writes at 64 KiB', async () => {
    const { shell, writes } = localShell()

    const fate = await shell.ask(`: ${'x'.repeat(200_000)}`, 5_000)

    expect(fate.kind).toBe('answered')
    expect(Math.max(...writes.map((write) => write.length))).toBe(65_536)
  })

  test('tells what was overdue from what had not begun', async () => {
    const { shell } = localShell()

    const fates = await Promise.all([shell.ask('sleep 30', 50), shell.ask('echo after', 50)])

    expect(fates).toEqual([{ kind: 'overdue' }, { kind: 'lost', begun: false }])
    expect(shell.over).toBe(true)
  })

  test('counts the limit of a request from its own start', async () => {
    const { shell } = localShell()

    const fates = await Promise.all([1, 2, 3, 4].map(() => shell.ask('sleep 0.2', 700)))

    expect(fates.map(({ kind }) => kind)).toEqual(Array(4).fill('answered'))
  })

  test('tells what was running when the shell was killed', async () => {
    const { shell } = localShell()

    const fates = await Promise.all([shell.ask('kill -s KILL $$', 5_000), shell.ask('echo after', 5_000)])

    expect(fates).toEqual([
      { kind: 'lost', begun: true },
      { kind: 'lost', begun: false },
    ])
    expect(await shell.ask('echo late', 5_000)).toEqual({ kind: 'lost', begun: false })
  })

  test('takes no output for a marker, whatever a command prints of its own request', async () => {
    const { shell } = localShell()

    const spoof = 'for p in 1 2 3; do echo "$nonce end $p 0"; done; set; cat /proc/self/environ; echo ffff end 1 0'
    const fate = await shell.ask(spoof, 5_000)

    expect(fate.kind === 'answered' && asText(fate.answer.stdout)).not.toContain(NONCE)
    expect(fate.kind === 'answered' && asText(fate.answer.stdout)).toContain('ffff end 1 0')
  })

  test('takes 255 for an exit code like any other, not for the end of the line', async () => {
    const { shell } = localShell()

    const fates = await Promise.all([
      shell.ask('exit 255', 5_000),
      shell.ask('kill -s TERM $(sh -c "echo \\$PPID")', 5_000),
    ])

    expect(fates.map((fate) => fate.kind === 'answered' && fate.answer.exitCode)).toEqual([255, 143])
    expect(await shell.ask('true', 1_000)).toMatchObject({ kind: 'answered' })
  })

  test('is not held up by a command that floods stderr and says nothing on stdout', async () => {
    const { shell } = localShell()

    const fate = await shell.ask('head -c 20000000 /dev/zero | tr "\\0" e >&2', 20_000)

    const answer = fate.kind === 'answered' ? fate.answer : null
    expect(answer && asText(answer.stdout)).toBe('')
    expect([answer?.stderr.head.length, answer?.stderr.leftOut]).toEqual([100_000, 20_000_000 - 101_000])
  })

  test('refuses a NUL byte, which no shell could read', async () => {
    const { shell } = localShell()

    await expect(shell.ask('echo \0', 1_000)).rejects.toThrow(TypeError)
    expect(await shell.ask('true', 1_000)).toMatchObject({ kind: 'answered' })
  })
})
