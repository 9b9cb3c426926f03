import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type TemporaryProject, temporaryProject } from './temporary-project.ts'

let project: TemporaryProject
beforeAll(async () => {
  project = await temporaryProject()
  await project.write(
    'inventory/prod/hosts',
    [
      '[workers]',
      'w-[1:3] ansible_host=127.0.0.1',
      'w-4 size=16 ansible_password=hunter22 ansible_connection=network_cli',
      '[old:children]',
      'workers',
      '[old:vars]',
      'size=2',
      'mod=fast',
      '[workers:vars]',
      'size=4',
    ].join('\n'),
  )
  await project.write('inventory/prod/group_vars/workers.yml', 'size: 8\napi_token: hunter23\ncolour: blue\n')
  await project.write('inventory/prod/group_vars/wrokers.yml', 'size: 9\n')
})
afterAll(() => project.remove())

const typed = async (...words: string[]) => project.type([...words, '-i', 'prod'])

describe('runbook inventory', () => {
  it('shows of a host who says each value, where, and over whom, and no passwords', async () => {
    const { stdout, exitCode } = await typed('inventory', 'host', 'w-4')

    expect(exitCode).toBe(0)
    expect(stdout).toContain(
      '  size: 16 (host w-4, inventory/prod/hosts:3), over 8 (group workers, inventory/prod/group_vars/workers.yml:1), ' +
        'over 4 (group workers, inventory/prod/hosts:10), over 2 (group old, inventory/prod/hosts:7)\n',
    )
    expect(stdout).toContain('  api_token: "‹secret›" (group workers')
    expect(stdout).toContain('  ansible_connection is "network_cli": hosts are reached over SSH, or are this machine\n')
    expect(stdout).not.toContain('hunter2')
  })

  it('lists hosts that cannot be reached, and why', async () => {
    const { stdout, exitCode } = await typed('inventory', 'list')

    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^w-1 {2}\S+@127\.0\.0\.1:22\n/)
    expect(stdout).toContain('\nw-4  cannot be reached: ansible_connection is "network_cli"')
  })

  it('shows one variable of all hosts', async () => {
    const { stdout } = await typed('inventory', 'list', 'size')

    expect(stdout.split('\n').map((line) => line.split(' (')[0])).toEqual(['w-[1-3]: 8', 'w-4: 16', ''])
  })

  it('shows of a group what it says, and which hosts have something nearer', async () => {
    const { stdout } = await typed('inventory', 'graph', 'old')

    expect(stdout).toBe(
      [
        'old (4): w-[1-4]',
        '  workers (4): w-[1-4]',
        '  size: 2 (group old, inventory/prod/hosts:7)',
        '      but w-[1-3]: 8 (group workers, inventory/prod/group_vars/workers.yml:1)',
        '      but w-4: 16 (host w-4, inventory/prod/hosts:3)',
        '  mod: "fast" (group old, inventory/prod/hosts:8)',
        '',
      ].join('\n'),
    )
  })

  it.each([['list'], ['host', 'w-4'], ['list', 'api_token'], ['graph']])(
    'shows no password as JSON: %j',
    async (...words) => {
      const limit = words[0] === 'list' && words.length === 1 ? ['-l', 'w-1'] : []

      const { stdout, exitCode } = await typed('inventory', ...words, '--json', ...limit)

      expect(exitCode).toBe(0)
      expect(JSON.parse(stdout)).toBeTypeOf('object')
      expect(stdout).not.toContain('hunter2')
    },
  )

  it('says what was left out, and what belongs to nobody', async () => {
    const { stderr } = await typed('inventory', 'graph')

    expect(stderr).toContain('warning: not taken over from Ansible: ansible_password (1 host)\n')
    expect(stderr).toContain(
      'warning: inventory/prod/group_vars: there is no group wrokers, so what is said of it is not read. Did you mean "workers"?',
    )
  })
})

describe('a run', () => {
  it('stops before any host that cannot be reached as the inventory says', async () => {
    const { stderr, exitCode } = await typed('plan', 'tuned')

    expect(exitCode).toBe(2)
    expect(stderr).toContain('✗ w-4: ansible_connection is "network_cli": hosts are reached over SSH')
    expect(project.dialled()).toBe(0)
  })

  it('names what is nearly a parameter, and folds what is none', async () => {
    const { stderr } = await typed('plan', 'tuned', '-l', 'w-1')

    expect(stderr).toContain(
      'warning: w-1: group old, inventory/prod/hosts:8 sets "mod", which this runbook does not have; it has "mode"',
    )
    expect(stderr).toContain('hint: no parameters of this runbook: api_token, colour\n')
  })

  it.each([
    ['{{ lookup("env", "SIZE") }}', 'it is the template "{{ lookup(\\"env\\", \\"SIZE\\") }}", which is not evaluated'],
    ['!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3030', 'it is encrypted by ansible-vault'],
  ])('refuses a parameter that is %s, unless the command line says it', async (value, why) => {
    const text = value.startsWith('!') ? value : JSON.stringify(value)
    await project.write('inventory/closed/hosts', '[workers]\nw-1\nw-2\n')
    await project.write('inventory/closed/group_vars/workers.yml', `size: ${text}\n`)

    const refused = await project.type(['plan', 'tuned', '-i', 'closed'])
    const said = await project.type(['plan', 'tuned', '-i', 'closed', '-e', 'size=3', '-e', 'mode=none'])

    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain(`✗ w-1, w-2: size cannot be used: ${why}`)
    expect(refused.stderr).toContain('inventory/closed/group_vars/workers.yml:1')
    expect(said.stderr).not.toContain('size')
  })
})
