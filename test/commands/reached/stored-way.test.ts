import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { useReachedProject } from './reached-project.ts'

const RUNBOOK = `import { defineRunbook, needed, satisfied, step } from 'runbook'
import { z } from 'zod'

const marked = step({
  id: 'marked',
  check: async (host) => (await host.read('/etc/marked')).state === 'present' ? satisfied('it is') : needed('mark it', null),
  apply: async (host) => { await host.write('/etc/marked', 'yes', { replacing: 'absent' }) },
  undo: async () => {},
})

export default defineRunbook({ name: 'mark', summary: 'Mark it', hosts: 'all', params: z.object({}), steps: () => [marked] })
`

const project = useReachedProject()
const logins = () => project.sshd.log().split('Accepted publickey').length - 1

beforeAll(async () => {
  const { port, identityFiles } = project.sshd.connection
  const [type, key] = readFileSync(join(project.sshd.folder, 'host_ed25519.pub'), 'utf8').split(' ')
  await project.write('inventory/known', `gate,w-1 ${type} ${key}\n`)
  await project.write(
    'inventory/ssh_config',
    `Host w-* gate
  HostName 127.0.0.1
  Port ${port}
  User operator
  HostKeyAlias %n
  IdentityFile ${identityFiles[0]}
  UserKnownHostsFile ${join(project.folder, 'inventory/known')}
Host w-*
  ProxyJump gate
`,
  )
  await project.write('inventory/fleet.yaml', 'hosts: { w-1: {} }\nconnection: { sshConfig: ./ssh_config }\n')
  await project.write('runbooks/mark.ts', RUNBOOK)
})

describe('the way that ssh_config gives', () => {
  it('is shown, is taken, and is kept by a run that is resumed without the file', async () => {
    const { port } = project.sshd.connection
    const listed = await project.type(['inventory', 'list', '-i', 'fleet'])
    const shown = await project.type(['inventory', 'host', 'w-1', '-i', 'fleet', '--json'])
    const refused = await project.typeAt(['run', 'mark', '-i', 'fleet'], [[/\[y\/N\]/, 'n']])
    const before = logins()
    rmSync(join(project.folder, 'inventory/ssh_config'))

    const resumed = await project.type(['resume', '--yes'])

    expect(listed.stdout).toContain(`w-1  operator@127.0.0.1:${port}`)
    expect(JSON.parse(shown.stdout)).toMatchObject({ connection: { user: 'operator', via: [{ name: 'gate', port }] } })
    expect([before, refused.exitCode, resumed.exitCode]).toEqual([2, 7, 0])
    // One for the gate and one for the host behind it.
    expect(logins() - before).toBe(2)
    expect((await project.sshd.inside('cat /etc/marked')).stdout).toBe('yes')
  })
})

describe('a run whose plan nobody approved', () => {
  it('is named by status and needs no hand, but can be resumed', async () => {
    await project.write(
      'runbooks/mark-anew.ts',
      RUNBOOK.replaceAll('/etc/marked', '/etc/anew').replace("'mark'", "'mark-anew'"),
    )
    await project.inventory('plain', { 'w-2': {} })
    const refused = await project.typeAt(['run', 'mark-anew', '-i', 'plain'], [[/\[y\/N\]/, 'n']])
    const [, run = ''] = /runbook resume ([a-z2-9]{5})/.exec(refused.stdout) ?? []

    const shown = await project.type(['status'])
    const data = await project.type(['status', '--json'])
    const resumed = await project.type(['resume', run, '--yes'])

    expect(shown.stdout).toBe(`Nothing needs a hand.\nNot approved, and nothing touched: ${run}\n`)
    expect([data.stdout, resumed.exitCode]).toEqual(['', 0])
    expect((await project.sshd.inside('cat /etc/anew')).stdout).toBe('yes')
  })
})
