import { beforeAll, describe, expect, it } from 'vitest'
import { closedPort } from '../../containers/hosts/ways.ts'
import { useReachedProject } from './reached-project.ts'

const project = useReachedProject()
const oneLine = (text: string) => text.replace(/\s+/g, ' ')

beforeAll(async () => {
  await project.inventory('good', { 'w-1': {}, 'w-2': { user: 'root' }, 'w-3': { user: 'guest', become: 'none' } })
  const port = await closedPort()
  await project.inventory('mixed', {
    'w-1': {},
    'w-2': { port },
    'w-3': { port },
    'w-4': { user: 'typist' },
  })
})

describe('ping', () => {
  it('tells of each host how long it took and how it became root', async () => {
    const { exitCode, stdout } = await project.type(['ping', '-i', 'good'])

    const { port } = project.sshd.connection
    expect(exitCode).toBe(0)
    expect(stdout.replace(/ +\d+m?s /g, ' TIME ').split('\n')).toEqual([
      `✓ w-1 TIME  operator@127.0.0.1:${port}, root by sudo`,
      `✓ w-2 TIME  root@127.0.0.1:${port}`,
      `✓ w-3 TIME  guest@127.0.0.1:${port}, guest, not root`,
      '',
    ])
  })

  it('tells where it ended and why, equal causes once, with exit 4', async () => {
    const { exitCode, stdout } = await project.type(['ping', '-i', 'mixed'])

    expect(exitCode).toBe(4)
    expect(oneLine(stdout)).toMatch(/✓ w-1 .* ✗ w-2, w-3: dial: E_REFUSED: 127.0.0.1:\d+ refuses connections → Is sshd/)
    expect(oneLine(stdout)).toContain(
      '✗ w-4: sudo: E_SUDO_PASSWORD_MISSING: sudo asks for a password of typist, and none was given',
    )
  })

  it('tells machines the same', async () => {
    const { stdout } = await project.type(['ping', 'w-1:w-4', '-i', 'mixed', '--json'])

    expect(JSON.parse(stdout)).toMatchObject({
      type: 'ping',
      exitCode: 4,
      hosts: [
        { host: 'w-1', state: 'answered', user: 'root', milliseconds: expect.any(Number) },
        { host: 'w-4', state: 'unreachable', stage: 'sudo', code: 'E_SUDO_PASSWORD_MISSING' },
      ],
    })
  })
})

describe('ask', () => {
  it('shows equal answers of a fact once', async () => {
    const { exitCode, stdout } = await project.type(['ask', 'workers', 'boot-id', '-i', 'good'])

    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^w-\[1-3\] \(3 hosts\): [0-9a-f-]{36}\n$/)
  })

  it('runs a command as it is typed, and parts hosts by what it says', async () => {
    const { exitCode, stdout } = await project.type(['ask', 'all', 'id -un; echo "it\'s" here', '-i', 'good'])

    expect(exitCode).toBe(0)
    expect(stdout).toBe("w-1, w-2 (2 hosts):\n  root\n  it's here\nw-3:\n  guest\n  it's here\n")
  })

  it('asks as another user', async () => {
    const { stdout } = await project.type(['ask', 'w-1', 'id -un', '-i', 'good', '--as', 'nobody'])

    expect(stdout).toBe('w-1: nobody\n')
  })

  it('tells what a command that fails said, with exit 3, and makes its escapes inert', async () => {
    const { exitCode, stdout, stderr } = await project.type([
      'ask',
      'w-1',
      'kernal() { printf "\\033[2Jno\\n" >&2; return 9; }; kernal',
      '-i',
      'good',
    ])

    expect([exitCode, stdout, stderr]).toEqual([3, 'w-1:\n  stderr: ^[[2Jno\n  exit 9\n', ''])
  })

  it('names the fact that was probably meant', async () => {
    const { exitCode, stderr } = await project.type(['ask', 'w-1', 'kernal', '-i', 'good'])

    expect([exitCode, stderr]).toEqual([3, '"kernal" was run as a command. Did you mean the fact "kernel"?\n'])
  })

  it('shows what the others answered where one gives none', async () => {
    const { exitCode, stdout } = await project.type(['ask', 'all', 'echo here', '-i', 'mixed', '--json'])

    expect(exitCode).toBe(4)
    expect(JSON.parse(stdout).hosts.map(({ host, state }: Record<string, string>) => [host, state])).toEqual([
      ['w-1', 'answered'],
      ['w-2', 'unreachable'],
      ['w-3', 'unreachable'],
      ['w-4', 'unreachable'],
    ])
  })

  it('leaves nothing behind, neither there nor here', async () => {
    const before = await project.sshd.inside('ls -AR /var/lib /run /root')

    await project.type(['ask', 'w-1', 'kernel', '-i', 'good'])

    expect(await project.remembered()).toBe('')
    expect((await project.sshd.inside('ls -AR /var/lib /run /root')).stdout).toBe(before.stdout)
  })

  it('lists the facts that have a name', async () => {
    const { exitCode, stdout } = await project.type(['ask', 'all'])

    expect(exitCode).toBe(0)
    expect(stdout).toContain('page-pools            static huge pages per size and node\n')
  })
})
