import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { loadInventory } from '../../../src/inventory/find-inventory.ts'
import { UsageError } from '../../../src/model/errors.ts'
import { temporaryFolder } from './both.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

async function loaded(files: Readonly<Record<string, string>>, name = 'prod') {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true })
    await writeFile(join(folder.path, path), text, { mode: 0o644 })
  }
  return loadInventory(name, folder.path)
}

async function faultsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const error: unknown = await loaded(files).catch((error: unknown) => error)
  return error instanceof UsageError ? error.faults : [String(error)]
}

/** What is said of the connection of the one host on a line of an INI file, or why there is none. */
async function connectionBy(vars: string) {
  const inventory = await loaded({ 'inventory/prod.ini': `h ${vars}\n` })
  const host = inventory.hosts.get('h')
  return { said: host?.said, obstacles: host?.obstacles, notes: inventory.notes }
}

describe('faults of an inventory in INI', () => {
  it('are told all together with their lines, and never with what may be a password', async () => {
    const faults = await faultsOf({
      'inventory/prod.ini': [
        '[web',
        'h password=my secret',
        'h "open password=x',
        '[a b]',
        '[web:childs]',
        '[missing:vars]',
        'x',
        '[web:children]',
        'nobody',
        '[g]',
        'h[1:',
        'h[5]',
        'h[a:2]',
        '-o x=1',
        'host:',
      ].join('\n'),
    })

    expect(faults.map((fault) => fault.replace(/^inventory\/prod\.ini:/, ''))).toEqual([
      '1: "[web": a range is written as [01:40], [01:40:2] or [a:f]',
      '2: word 3 has no "=" after a name: variables of a host are written as name=value, values with spaces in quotes',
      '3: a quote is not closed, or a backslash ends the line',
      '4: [a b] is no section: it has a space, or letters that names of groups cannot have',
      '5: [web:childs]: a section is [web], [web:children] or [web:vars]',
      '7: a variable of a group is written as name=value',
      '11: "h[1:": a range is written as [01:40], [01:40:2] or [a:f]',
      '12: "h[5]": a range is begin:end or begin:end:step',
      ' and 5 more faults',
    ])
    expect(faults.join()).not.toContain('secret')
  })

  it('name the circle that groups form', async () => {
    const faults = await faultsOf({
      'inventory/prod.ini': '[a:children]\nb\n[b:children]\nc\n[c:children]\na\n[c]\nh\n',
    })

    expect(faults).toEqual([
      expect.stringMatching(/^inventory\/prod\.ini:\d: groups form a circle: (\w) > \w > \w > \1$/),
    ])
  })

  it('name a range that is too long before any of it is made', async () => {
    const faults = await faultsOf({ 'inventory/prod.ini': 'h[1:999999999]\nh[0:999]-[0:999]\n' })

    expect(faults).toEqual([
      'inventory/prod.ini:1: "h[1:999999999]": these are more than 100000 hosts',
      'inventory/prod.ini:2: "h[0:999]-[0:999]": these are more than 100000 hosts',
    ])
  })
})

it('an inventory in INI may have comments in another encoding, and nothing else in one', async () => {
  await mkdir(join(folder.path, 'inventory'))
  const path = join(folder.path, 'inventory/prod.ini')
  await writeFile(path, Buffer.from('# K\xfcche\nh\n; caf\xe9\ni\n', 'latin1'), { mode: 0o644 })

  const { hosts } = await loadInventory('prod', folder.path)

  expect([...hosts.keys()]).toEqual(['h', 'i'])
  await writeFile(path, Buffer.from('# K\xfcche\nh x=caf\xe9\n', 'latin1'))
  await expect(loadInventory('prod', folder.path)).rejects.toThrow('inventory/prod.ini:2: the file is not UTF-8')
})

it('an inventory may lie on a path with commas', async () => {
  const { hosts } = await loaded({ 'a,b/hosts': 'h\n' }, join(folder.path, 'a,b/hosts'))

  expect([...hosts.keys()]).toEqual(['h'])
})

it('an inventory that is encrypted as a whole is refused', async () => {
  const faults = await faultsOf({ 'inventory/prod.yml': '$ANSIBLE_VAULT;1.1;AES256\n3030\n' })

  expect(faults).toEqual(['inventory/prod.yml:1: it is encrypted by ansible-vault, so its hosts are not known here'])
})

describe('an inventory in YAML', () => {
  it('is refused quickly when aliases multiply without end', async () => {
    const levels = [...'bcdefghij'].map((name, index) => {
      const before = 'abcdefghi'[index]
      return `    ${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]\n`
    })

    const faults = await faultsOf({
      'inventory/prod.yml': `all:\n  hosts: { h: }\n  vars:\n    a: &a [x, x]\n${levels.join('')}`,
    })

    expect(faults).toEqual([expect.stringMatching(/prod\.yml:\d+: aliases add more than 1000000 values$/)])
  })

  it('is told from the own form by what stands at its top', async () => {
    const both = await Promise.all([
      loaded({ 'inventory/a.yaml': 'hosts: { h: { vars: { x: no } } }\n' }, 'a'),
      loaded({ 'inventory/b.yaml': 'web:\n  hosts:\n    h: { x: no }\n' }, 'b'),
      loaded({ 'inventory/c.yaml': '# note\nall:\n  hosts: { h: { x: no } }\n' }, 'c'),
    ])

    expect(both.map(({ hosts }) => hosts.get('h')?.vars.x)).toEqual(['no', false, false])
  })

  it('says of a key that stands twice that the last counts', async () => {
    const { hosts, notes } = await loaded({ 'inventory/prod.yml': 'all:\n  hosts:\n    h:\n      x: 1\n      x: 2\n' })

    expect(hosts.get('h')?.vars).toEqual({ x: 2 })
    expect(notes).toEqual(['inventory/prod.yml:5: "x" stands twice (lines 4 and 5): the last counts'])
  })
})

describe('a folder of sources', () => {
  it('says which files were passed over that look like inventories', async () => {
    const loading = loaded({ 'inventory/prod/inventory.ini': '[web]\nh\n' })

    await expect(loading).rejects.toThrow('inventory/prod/inventory.ini: passed over, as Ansible does with .ini')
  })

  it('says which file of variables is not read beside another, and which one is encrypted', async () => {
    const { notes } = await loaded({
      'inventory/prod/hosts': '[web]\nh\n',
      'inventory/prod/group_vars/web/a.yml': 'x: 1\n',
      'inventory/prod/group_vars/web/vault.yml': '$ANSIBLE_VAULT;1.1;AES256\n3030\n',
      'inventory/prod/group_vars/web.yml': 'x: 2\n',
    })

    expect(notes).toEqual([
      'inventory/prod/group_vars/web.yml is not read, because web is there too',
      'inventory/prod/group_vars/web/vault.yml is encrypted by ansible-vault: what it says is not known here',
    ])
  })

  it('takes no inventory of the own form', async () => {
    const faults = await faultsOf({ 'inventory/prod/a.yaml': 'hosts: { h: {} }\n' })

    expect(faults).toEqual([expect.stringContaining("inventory/prod/a.yaml:1: it is no inventory in Ansible's form")])
  })
})

describe('the connection of a host', () => {
  it.each([
    ['ansible_host=192.0.2.1 ansible_port=2222 ansible_user=ops', { address: '192.0.2.1', port: 2222, user: 'ops' }],
    ['ansible_host=a ansible_ssh_host=b', { address: 'b' }],
    ['ansible_port="\'22\'" ansible_user=1000', { port: 22, user: '1000' }],
    ['ansible_ssh_private_key_file=~/.ssh/id', { identityFiles: [join(homedir(), '.ssh/id')] }],
    ['ansible_become=yes', { become: 'sudo' }],
    ['ansible_become=false', { become: 'none' }],
    ['ansible_become_method=doas ansible_become_user=root', { become: 'doas' }],
    ['ansible_connection=local', { transport: 'local' }],
    ['ansible_connection=ssh', {}],
    ["ansible_ssh_common_args='-o ProxyJump=ops@hop:22,hop2'", { via: ['ops@hop:22', 'hop2'] }],
    ["ansible_ssh_extra_args='-J hop -i /k -F /c'", { via: ['hop'], identityFiles: ['/k'], sshConfig: '/c' }],
    [
      'ansible_ssh_common_args=\'-o ProxyCommand="ssh -q -W %h:%p -p 2200 -l jump hop.example.net"\'',
      { via: ['jump@hop.example.net:2200'] },
    ],
    ["ansible_ssh_common_args='-oStrictHostKeyChecking=accept-new'", { hostKeys: { kind: 'accept-new' } }],
    [
      `runbook_connection="{'sudoPassword': 'env:SUDO', 'user': 'me'}" ansible_user=ops`,
      { sudoPassword: 'env:SUDO', user: 'me' },
    ],
  ])('is by %s', async (vars, said) => {
    const found = await connectionBy(vars)

    expect(found).toEqual({ said, obstacles: [], notes: [] })
  })

  it.each([
    ['ansible_connection=winrm', 'ansible_connection is "winrm": hosts are reached over SSH, or are this machine'],
    ['ansible_become_method=pbrun', 'ansible_become_method is "pbrun"; there are sudo, doas, su'],
    ['ansible_become_user=app', 'ansible_become_user is "app": runbooks are done as root'],
    ['ansible_port=ssh', 'ansible_port: port must be a number from 1 to 65535; it is the text "ssh"'],
    ['ansible_host={{x}}', 'ansible_host cannot be used: it is the template "{{x}}", which is not evaluated'],
    [
      'ansible_ssh_common_args=\'-o ProxyCommand="nc -x proxy %h %p"\'',
      'ansible_ssh_common_args: of ProxyCommand only ssh -W %h:%p HOST is understood (inventory/prod.ini:1)',
    ],
  ])('cannot be had by %s', async (vars, obstacle) => {
    const { obstacles } = await connectionBy(vars)

    expect(obstacles).toEqual([expect.stringContaining(obstacle)])
  })

  it('leaves nothing out in silence, and never accepts every key', async () => {
    const { said, notes } = await connectionBy(
      "ansible_ssh_pass=x ansible_python_interpreter=y ansible_ssh_common_args='-o StrictHostKeyChecking=no -C -o UserKnownHostsFile=/dev/null'",
    )

    expect(said).toEqual({})
    expect(notes).toEqual([
      'not taken over from Ansible: -C of ansible_ssh_common_args (1 host), -o StrictHostKeyChecking of ansible_ssh_common_args (1 host), ' +
        '-o UserKnownHostsFile of ansible_ssh_common_args (1 host), ansible_python_interpreter (1 host), ansible_ssh_pass (1 host)',
    ])
  })
})

it('a list of hosts may have ports and addresses, and what the project says of all', async () => {
  await mkdir(join(folder.path, 'group_vars'))
  await writeFile(join(folder.path, 'group_vars/all.yml'), 'ansible_user: ops\n', { mode: 0o644 })

  const { hosts } = await loadInventory('a:2222,[2001:db8::1]:22,2001:db8::2, b[1:2]', folder.path)

  expect([...hosts.values()].map(({ name, connection: { port, user } }) => `${user} ${name} ${port}`)).toEqual([
    'ops a 2222',
    'ops 2001:db8::1 22',
    'ops 2001:db8::2 22',
    'ops b1 22',
    'ops b2 22',
  ])
})

describe('the reason that an inventory requires', () => {
  it('is said by the group all, wherever that says it, and by no other group', async () => {
    const files = { 'inventory/prod.ini': '[web]\nh\n[web:vars]\nrunbook_require_reason=CHG\n' }

    const without = await loaded(files)
    const required = await loaded({ ...files, 'group_vars/all.yml': "runbook_require_reason: 'CHG-[0-9]+'\n" })
    const faults = await faultsOf({ ...files, 'group_vars/all.yml': "runbook_require_reason: ['CHG']\n" })

    expect([without.requireReason, required.requireReason]).toEqual([undefined, 'CHG-[0-9]+'])
    expect(faults).toEqual([
      `group_vars/all.yml:1: runbook_require_reason must be true, false or a pattern such as 'CHG-[0-9]+'; it is ["CHG"]`,
    ])
  })
})
