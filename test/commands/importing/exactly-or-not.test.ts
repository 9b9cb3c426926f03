import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importPlay } from '../../../src/commands/importing/import-play.ts'
import { expressionOf } from '../../../src/commands/importing/modules/expression.ts'
import { readPlaybook } from '../../../src/commands/importing/read-playbook.ts'
import { runbookSource } from '../../../src/commands/importing/runbook-source.ts'
import { knownVariables } from '../../../src/commands/importing/variables/known-variables.ts'

const PAGE = resolve(import.meta.dirname, '../../../docs/from-ansible.md')

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-import-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function imported(text: string) {
  const path = join(folder, 'site.yml')
  await writeFile(path, text)
  const plays = readPlaybook(path, 'site.yml')
  const around = { plays, role: null, inventory: null, doubt: null }
  return plays.map((play) => importPlay(play, { file: 'site.yml', folder, find: knownVariables(play, around) }))
}

/** What became of a task: the function of its step, or why it is listed. */
async function becomes(task: string): Promise<string> {
  const [play] = await imported(`- hosts: all\n  tasks:\n    - ${task}\n`)
  const [one] = play?.tasks ?? []
  return one?.found.kind === 'step' ? one.found.step.call : `listed: ${one?.found.why}`
}

describe('a task is listed, not guessed', () => {
  test.each([
    ['copy: { content: x, dest: /etc/x, backup: yes }', 'listed: it says backup'],
    ['copy: { content: x, dest: /etc/ }', 'listed: its dest is no whole path of a file'],
    [
      'copy: { content: x, dest: /etc/x, owner: nova, group: nova }',
      'listed: its mode is in letters, or its owner and group are not root',
    ],
    ['copy: { src: not-there, dest: /etc/x }', 'listed: there is no files/not-there'],
    ['copy: { content: "{{ x }}", dest: /etc/x }', 'listed: x is not known: name the inventory with -i'],
    ['copy: { content: "a {# b #}", dest: /etc/x }', 'listed: it uses an expression'],
    [
      'copy: { content: !vault "$ANSIBLE_VAULT;1.1;AES256", dest: /etc/x }',
      'listed: it holds a value of ansible-vault',
    ],
    ['{ copy: { content: x, dest: /etc/x }, when: a == 1 }', 'listed: it says when'],
    ['{ copy: { content: x, dest: /etc/x }, become_user: nova }', 'listed: it says become_user'],
    ['{ copy: { content: x, dest: /etc/x }, tags: [never] }', 'listed: it says tags'],
    ['{ block: [ { copy: { content: x, dest: /etc/x } } ], when: a == 1 }', 'listed: the block around it says when'],
    ['lineinfile: { path: /etc/x, line: a, insertafter: "^b" }', 'listed: it says insertafter'],
    [
      'lineinfile: { path: /etc/x, line: a, regexp: "^(?P<n>a)" }',
      'listed: its regexp may mean another thing outside of Python',
    ],
    [
      'lineinfile: { path: /etc/x, line: "b", regexp: "^a" }',
      'listed: its regexp does not match its line, so it is changed anew each time',
    ],
    ['apt: { name: qemu-kvm, update_cache: yes }', 'listed: it says update_cache'],
    ['apt: { name: "qemu-kvm=1.0" }', 'listed: its packages are not plain names'],
    ['apt: { name: [qemu-kvm-] }', 'listed: its packages are not plain names'],
    ['package: { name: qemu-kvm, state: latest }', 'listed: its state is latest'],
    ['service: { name: libvirtd, state: restarted }', 'listed: its state is restarted'],
    [
      'command: make install creates=/usr/bin/x',
      'listed: its words may depend on the folder, the shell or the environment',
    ],
    [
      '{ shell: "a -b | c", args: { creates: /x } }',
      'listed: its words may depend on the folder, the shell or the environment',
    ],
    ['command: reboot', 'listed: without creates it runs each time: write a step with a check, or a once'],
    ['sysctl: { name: vm.swappiness, value: 10 }', 'listed: see sysctlPersistent and sysctlInForce'],
    ['reboot:', 'listed: it reboots each time; write a reboot step, which asks whether one is due'],
    ['community.libvirt.virt_net: { name: x }', 'listed: the module community.libvirt.virt_net has no step'],
    ['copy: { content: x, dest: /etc/x }', 'fileKept'],
    ['ansible.builtin.file: path=/etc/x state=directory mode=0755', 'folderKept'],
    ['file: { path: /etc/x/, state: directory }', 'folderKept'],
    ['file: { path: /etc/x/, state: absent }', 'listed: it has no whole path'],
    ['apt: { pkg: "qemu-kvm, libvirt-daemon-system", state: installed }', 'packagesInstalled'],
    ['{ systemd: { name: libvirtd.socket, enabled: yes }, register: r, tags: [libvirt] }', 'unitKept'],
    ['command: mkfs.xfs -f /dev/vdb creates=/srv/x', 'madeBy'],
  ])('%s', async (task, wanted) => {
    expect(await becomes(task)).toBe(wanted)
  })

  test('a loop is taken apart where its words stand in the task, and only there', async () => {
    const service = '{ name: manage, service: { name: "{{ item }}", state: started }'
    const [play] = await imported(
      `- hosts: all\n  tasks:\n    - ${service}, loop: [libvirtd, ksm] }\n    - ${service}, loop: [libvirtd, yes] }\n    - ${service}, with_items: "{{ all }}" }\n`,
    )

    expect(
      play?.tasks.map(({ name, found }) => [name, found.kind === 'step' ? found.step.parts.unit : found.why]),
    ).toEqual([
      ['manage (libvirtd)', "'libvirtd.service'"],
      ['manage (ksm)', "'ksm.service'"],
      ['manage', 'it says loop'],
      ['manage', 'it says with_items'],
    ])
  })

  test('all of a play that says how its tasks run', async () => {
    const [play] = await imported(
      '- hosts: all\n  environment: { A: b }\n  tasks:\n    - copy: { content: x, dest: /etc/x }\n',
    )

    expect(play?.tasks.map(({ found }) => found)).toEqual([{ kind: 'listed', why: 'the play says environment' }])
  })
})

describe('an expression of Python', () => {
  test.each([
    ['^#?\\s*net\\.ipv4', '^#?[ \\t\\n\\r\\f\\v]*net\\.ipv4'],
    ['a.c$', 'a[^\\n]c(?=\\n?$)'],
    ['^(a|b)=[^ ]+', '^(a|b)=[^ ]+'],
    ['/dev/x', '\\/dev\\/x'],
  ])('%s means the same as an expression here', (python, source) => {
    expect(expressionOf(python)?.source).toBe(source)
  })

  test.each(['(?i)a', 'a{2}', '\\bword', '\\Aa', 'a*?', 'a++', '(?<=a)b', '[[:space:]]', '\\1', 'ä', '[a', '*a', ''])(
    '%j is not translated',
    (python) => {
      expect(expressionOf(python)).toBeNull()
    },
  )
})

test('docs/from-ansible.md shows what a playbook becomes', async () => {
  const page = await readFile(PAGE, 'utf8')
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(page) ?? []
  const [, source = ''] = /```ts\n(.*?)```/s.exec(page) ?? []

  const [play] = await imported(yaml)

  expect(play && runbookSource('site', play)).toBe(source)
})
