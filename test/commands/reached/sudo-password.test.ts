import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { useReachedProject } from './reached-project.ts'

const PASSWORD = 'open sesame'
const RUNBOOK = `import { defineRunbook, needed, satisfied, step } from 'runbook'
import { z } from 'zod'

const marked = step({
  id: 'marked',
  check: async (host) => (await host.read('/etc/marked')).state === 'present' ? satisfied('it is') : needed('mark it', null),
  apply: async (host) => { await host.write('/etc/marked', 'yes', { replacing: 'absent' }) },
  rollback: async () => {},
})

export default defineRunbook({ name: 'mark', summary: 'Mark it', hosts: 'workers', params: z.object({}), steps: () => [marked] })
`

const project = useReachedProject()

beforeAll(async () => {
  await project.write('runbooks/mark.ts', RUNBOOK)
  await project.inventory('asking', { 'w-1': { user: 'typist' }, 'w-2': { user: 'typist' }, 'w-3': { user: 'root' } })
})

describe('the sudo password of the command line', () => {
  it('is asked for once, for all hosts, and not shown as it is typed', async () => {
    const typed = await project.typeAt(['plan', 'mark', '-i', 'asking', '--ask-sudo'], [[/sudo password: /, PASSWORD]])

    expect(typed.exitCode).toBe(0)
    expect(typed.stdout.match(/sudo password: /g)).toHaveLength(1)
    expect(typed.stdout).toContain('3 to change')
    expect(typed.stdout).not.toContain(PASSWORD)
  })

  it('is asked for again by a resume, since the journal has its reference alone', async () => {
    const refused = await project.typeAt(
      ['run', 'mark', '-i', 'asking', '-l', 'w-1', '--ask-sudo'],
      [
        [/sudo password: /, PASSWORD],
        [/\[y\/N\]/, 'n'],
      ],
    )
    const resumed = await project.typeAt(['resume', '--yes'], [[/sudo password: /, PASSWORD]])

    expect([refused.exitCode, resumed.exitCode]).toEqual([7, 0])
    expect(resumed.stdout.match(/sudo password: /g)).toHaveLength(1)
    expect(await project.remembered()).toContain('prompt:sudo password')
    expect(`${refused.stdout}${resumed.stdout}${await project.remembered()}`).not.toContain(PASSWORD)
  })

  it('is a fault where nobody can be asked, before any host is', async () => {
    const typed = await project.type(['plan', 'mark', '-i', 'asking', '--ask-sudo', '--no-input'])

    expect(typed.exitCode).toBe(2)
    expect(typed.stderr).toContain('the secret prompt:sudo password has to be typed at a terminal')
  })

  it('comes from a file, over what the inventory says', async () => {
    await project.write('word', `${PASSWORD}\n`, 0o600)
    await project.inventory('wrong', { 'w-1': { user: 'typist', sudoPassword: 'env:NOT_THERE' } })

    const typed = await project.type(['plan', 'mark', '-i', 'wrong', '--sudo-password-file', 'word'])

    expect(typed.exitCode).toBe(0)
    expect(typed.stdout).toContain('1 with nothing to do')
  })

  it('that a resume cannot have any more is told before any host is asked', async () => {
    await project.inventory('later', { 'w-1': { user: 'typist' } })
    await project.sshd.inside('rm -f /etc/marked')
    await project.write('later', `${PASSWORD}\n`, 0o600)
    await project.type(['run', 'mark', '-i', 'later', '--sudo-password-file', 'later', '--no-input'])
    await rm(join(project.folder, 'later'))

    const resumed = await project.type(['resume', '--yes'])

    expect(resumed.exitCode).toBe(2)
    expect(resumed.stderr).toContain(`the secret file:${project.folder}/later cannot be used: ENOENT`)
    expect((await project.sshd.inside('ls /etc/marked')).exitCode).not.toBe(0)
  })

  it('is refused where it has several lines: a shell would read the others', async () => {
    await project.write('two', `${PASSWORD}\ntouch /etc/owned\n`, 0o600)

    const typed = await project.type(['plan', 'mark', '-i', 'asking', '--sudo-password-file', 'two'])

    expect(typed.exitCode).toBe(2)
    expect(typed.stderr).toContain('has several lines; a password has one')
    expect((await project.sshd.inside('ls /etc/owned')).exitCode).not.toBe(0)
  })

  it('is proved on every host before the first is changed', async () => {
    await project.inventory('two', {
      'w-1': { user: 'operator' },
      'w-2': { user: 'typist', sudoPassword: `file:${await project.write('bad', 'open barley\n', 0o600)}` },
    })
    await project.sshd.inside('rm -f /etc/marked')

    const typed = await project.type(['run', 'mark', '-i', 'two', '--yes'])

    expect(typed.exitCode).toBe(4)
    expect(typed.stderr).toContain('E_SUDO_PASSWORD_WRONG')
    expect((await project.sshd.inside('ls /etc/marked')).exitCode).not.toBe(0)
  })

  it('is one or the other', async () => {
    const typed = await project.type(['plan', 'mark', '-i', 'asking', '--ask-sudo', '--sudo-password-file', 'word'])

    expect([typed.exitCode, typed.stderr]).toEqual([2, expect.stringContaining('name two passwords')])
  })
})

describe('one who does not become root', () => {
  it('may plan, and is told what that means', async () => {
    await project.inventory('plain', { 'w-1': { user: 'guest', become: 'none' } })
    await project.sshd.inside('echo yes >/etc/marked')

    const typed = await project.type(['plan', 'mark', '-i', 'plain'])

    expect(typed.exitCode).toBe(0)
    expect(typed.stdout).toContain('1 with nothing to do')
    expect(typed.stderr.replace(/\s+/g, ' ')).toContain(
      'warning: w-1: asked without root (become: none); what only root may read may look absent',
    )
  })

  it('changes nothing', async () => {
    await project.inventory('plain', { 'w-1': { user: 'guest', become: 'none' } })

    const typed = await project.type(['run', 'mark', '-i', 'plain', '--yes'])

    expect(typed.exitCode).toBe(4)
    expect(typed.stderr).toContain('E_NOT_ROOT')
  })
})
