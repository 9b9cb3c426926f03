import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { loadInventory } from '../../../src/inventory/find-inventory.ts'
import { needPrograms } from '../../../src/rehearsal/docker/packages.ts'
import { askAnsible, askOurs, temporaryFolder } from './both.ts'

/** What differs by design, as docs/inventories.md lists it: what Ansible says, and what we say. */
const differences: Readonly<Record<string, { files: Record<string, string>; theirs: unknown; ours: unknown }>> = {
  'no hosts at all': {
    files: { 'inventory/p.ini': '[empty]\n' },
    theirs: { hosts: {} },
    ours: { refused: expect.stringContaining('there are no hosts in it') },
  },
  'a value that JSON does not have': {
    files: { 'inventory/p.ini': 'h a={1} b=123456789012345678901234567890 c=1e999 d=...\n' },
    theirs: { refused: expect.any(String) },
    ours: { hosts: { h: { a: '{1}', b: '123456789012345678901234567890', c: '1e999', d: '...' } } },
  },
  'a byte-order mark': {
    files: { 'inventory/p.ini': '\ufeff[web]\nh x=1\n' },
    theirs: { refused: expect.any(String) },
    ours: { hosts: { h: { x: 1 } } },
  },
  'a host that is a piece of shell': {
    files: { 'inventory/p.ini': 'h\n$(id) x=1\n' },
    theirs: { hosts: { h: {}, '$(id)': { x: 1 } } },
    ours: { refused: expect.stringContaining('p.ini:2: "$(id)" cannot be the name of a host') },
  },
  'a source of a folder that is none': {
    files: { 'inventory/p/01-good': 'h\n', 'inventory/p/02-bad': 'x y z\n' },
    theirs: { refused: expect.any(String) },
    ours: { refused: expect.stringContaining('p/02-bad:1: word 2 has no "=" after a name') },
  },
  'a time of day, and the sign of a default value': {
    files: { 'inventory/p.yml': 'all: { hosts: { h: { t: 2001-12-14 21:59:43, d: 2001-12-14 } } }\n' },
    theirs: { hosts: { h: { t: '2001-12-14T21:59:43', d: '2001-12-14' } } },
    ours: { hosts: { h: { t: '2001-12-14 21:59:43', d: '2001-12-14' } } },
  },
  'what ansible-inventory --list gives, kept in a file': {
    files: { 'inventory/p.json': '{"_meta": {"hostvars": {"h": {"x": 1}}}, "web": {"hosts": ["h"]}}' },
    theirs: { refused: expect.any(String) },
    ours: { hosts: { h: { x: 1 } } },
  },
  'a configuration of a plug-in': {
    files: { 'inventory/p.yml': 'plugin: constructed\nstrict: true\ngroups: {}\n' },
    theirs: expect.anything(),
    ours: { refused: expect.stringContaining('p.yml:1: it configures a plug-in of Ansible') },
  },
  'an encrypted value, without its password': {
    files: { 'inventory/p.yml': 'all: { hosts: { h: { s: !vault "$ANSIBLE_VAULT;1.1;AES256 30", x: 1 } } }\n' },
    theirs: { hosts: { h: { s: { __ansible_vault: expect.any(String) }, x: 1 } } },
    ours: { hosts: { h: { x: 1 } } },
  },
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let theirs: Awaited<ReturnType<typeof askAnsible>>
const names = Object.keys(differences)
const pathOf = (name: string): string => {
  const [first = ''] = Object.keys(differences[name]?.files ?? {})
  return join(projectOf(name), first.startsWith('inventory/p/') ? 'inventory/p' : first)
}
const projectOf = (name: string): string => join(folder.path, String(names.indexOf(name)))

beforeAll(async () => {
  await needPrograms(['ansible-inventory'], {
    say: (line) => process.stderr.write(`${line}\n`),
    mayInstall: async () => true,
  })
  folder = await temporaryFolder()
  for (const name of names) {
    for (const [path, text] of Object.entries(differences[name]?.files ?? {})) {
      await mkdir(dirname(join(projectOf(name), path)), { recursive: true })
      await writeFile(join(projectOf(name), path), text, { mode: 0o644 })
    }
  }
  theirs = await askAnsible(names.map((name) => ['-i', pathOf(name), '--playbook-dir', projectOf(name)]))
}, 600_000)
afterAll(() => folder[Symbol.asyncDispose]())

describe('by design it differs from Ansible with', () => {
  it.each(names)('%s', async (name) => {
    const ours = await askOurs(pathOf(name), projectOf(name))

    expect(theirs[names.indexOf(name)]).toMatchObject(differences[name]?.theirs as object)
    expect(ours).toMatchObject(differences[name]?.ours as object)
  })

  it('an encrypted value, which is named', async () => {
    const name = 'an encrypted value, without its password'

    const { hosts } = await loadInventory(pathOf(name), projectOf(name))

    expect(hosts.get('h')?.unresolved).toEqual({ s: 'it is encrypted by ansible-vault (inventory/p.yml:1)' })
    expect(hosts.get('h')?.vars).toEqual({ x: 1 })
  })
})
