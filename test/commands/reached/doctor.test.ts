import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { useReachedProject } from './reached-project.ts'

/** A host whose clock is an hour ahead. */
const AHEAD = (folder: string) => `
cp /usr/bin/date ${folder}/real-date
printf '%s\\n' '#!/bin/sh' 'echo $(($(${folder}/real-date +%s) + 3600))' >${folder}/date
chmod 755 ${folder}/date
mount --bind ${folder}/date /usr/bin/date
`

const project = useReachedProject({ prepareIn: AHEAD })

beforeAll(async () => {
  await project.write('runbooks/tuned.ts', 'export default {}')
  await project.inventory('good', { 'w-1': {}, 'w-2': {} })
})

const lines = (text: string) => text.trimEnd().split('\n')
const withoutLast = (text: string, words: RegExp) => lines(text).filter((line) => !words.test(line))

describe('doctor', () => {
  it('says line by line what is well, and leaves nothing behind', async () => {
    const { exitCode, stdout } = await project.type(['doctor', '-i', 'good'])

    const { folder } = project.sshd
    expect(exitCode).toBe(0)
    expect(withoutLast(stdout, /Docker|QEMU|rehearse/)).toEqual([
      `✓ Node ${process.versions.node}`,
      `✓ project ${project.folder} with 1 runbook`,
      expect.stringMatching(/^✓ the state folder .* will be made by the first run$/),
      '✓ inventory good: 2 hosts',
      '· no ssh agent: SSH_AUTH_SOCK is not set',
      '  → eval "$(ssh-agent)"; ssh-add',
      `✓ key ${folder}/key`,
      `✓ host keys in ${folder}/known_hosts`,
    ])
    expect(await project.remembered()).toBe('')
    expect(await readdir(project.folder)).not.toContain('state')
  })

  it('logs in on one host of each group when it is asked, and compares clocks', async () => {
    const { exitCode, stdout } = await project.type(['doctor', '-i', 'good', '--reach'])

    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/✓ w-1 answers as root after \d/)
    expect(stdout).not.toContain('w-2 answers')
    expect(stdout).toMatch(/· the clock of w-1 is (1h 00m|59m \d\ds) ahead of ours\n {2}→ timedatectl/)
  })

  it('says why a host is not reached, and what to do, with exit 4', async () => {
    await project.inventory('asking', { 'w-1': { user: 'typist' } })

    const { exitCode, stdout } = await project.type(['doctor', '-i', 'asking', '--reach'])

    expect(exitCode).toBe(4)
    expect(stdout).toMatch(/✗ sudo: E_SUDO_PASSWORD_MISSING: w-1: .*\n {2}→ Give typist passwordless sudo/)
  })

  it.each([
    ['others may read its key', () => chmod(join(project.sshd.folder, 'key'), 0o644), '✗ others may read the key '],
    [
      'others may write known_hosts',
      () => chmod(join(project.sshd.folder, 'known_hosts'), 0o666),
      '✗ others may write ',
    ],
    [
      'others may write the state folder',
      async () => {
        const [state] = await stateFolders()
        await chmod(state ?? '', 0o777)
      },
      '✗ others may write the state folder ',
    ],
    [
      'the inventory has a fault',
      () => project.write('inventory/good.yaml', 'hosts: { w-1: { adress: 127.0.0.1 } }\n'),
      '✗ inventory good: inventory/good.yaml:1: unknown key "adress".',
    ],
  ])('says what is wrong where %s, what to type, and exits 2', async (_what, spoil, said) => {
    await spoil()

    const { exitCode, stdout } = await project.type(['doctor', '-i', 'good'])

    await mend()
    expect(exitCode).toBe(2)
    const [at, next] = [lines(stdout).findIndex((line) => line.startsWith(said)), lines(stdout)]
    expect(at).toBeGreaterThan(-1)
    expect(next[at + 1]).toMatch(/^ {2}→ (chmod |Correct )/)
  })

  it('says that there is no inventory, and no project', async () => {
    await mkdir(join(project.folder, 'runbooks/empty/runbooks'), { recursive: true })

    const { exitCode, stdout } = await project.type(['doctor'], {}, 'runbooks/empty')

    expect(exitCode).toBe(2)
    expect(stdout).toContain('runbooks/empty has no runbooks\n  → cd to a folder that has runbooks/')
    expect(stdout).toContain('✗ there is no inventory\n  → Write inventory/NAME.yaml')
  })

  it('asks for no keys where hosts are this machine', async () => {
    await project.inventory('here', { 'w-1': { transport: 'local' } })

    const { exitCode, stdout } = await project.type(['doctor', '-i', 'here'])

    expect(exitCode).toBe(0)
    expect(stdout).not.toMatch(/agent|key|known/)
  })

  it('counts the keys of an agent, and says that one does not answer', async () => {
    const { stdout } = await project.type(['doctor', '-i', 'good'], { SSH_AUTH_SOCK: '/no/such/agent' })

    expect(stdout).toContain('· no ssh agent answers at /no/such/agent')
  })
})

/** The state folder that a first run would make; here it is made for its mode. */
async function stateFolders(): Promise<readonly string[]> {
  const { stdout } = await project.type(['doctor', '-i', 'good'])
  const [, path = ''] = /state folder (\S+)/.exec(stdout) ?? []
  await mkdir(path, { recursive: true, mode: 0o700 })
  return [path]
}

async function mend(): Promise<void> {
  await chmod(join(project.sshd.folder, 'key'), 0o600)
  await chmod(join(project.sshd.folder, 'known_hosts'), 0o644)
  await rm(join(project.folder, 'state'), { recursive: true, force: true })
  await project.inventory('good', { 'w-1': {}, 'w-2': {} })
}
