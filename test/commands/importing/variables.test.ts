import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importPlay } from '../../../src/commands/importing/import-play.ts'
import { readPlaybook } from '../../../src/commands/importing/read-playbook.ts'
import { runbookSource } from '../../../src/commands/importing/runbook-source.ts'
import { knownVariables } from '../../../src/commands/importing/variables/known-variables.ts'
import { loadInventory } from '../../../src/inventory/find-inventory.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import { typedIn } from '../temporary-project.ts'

let folder: string
let inventory: Inventory

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'runbook-variables-')))
  await write(
    'hosts.yaml',
    `all:
  vars:
    folder: /etc/modprobe.d
    unit: ksmtuned
    packages: [qemu-kvm, numactl]
    nested: 1
    enabled: true
    quiet: false
    words: it has "words", $HOME and \\ in it
    open: "{{ nested }}"
    api_token: abc
    item: x
  hosts:
    hv-01: { pages: 16, mixed: 16, dotted: ksm.service, signed: -1, mode: '0640', both: 1 }
    hv-02: { pages: 32, mixed: "16", dotted: ksm, signed: 1, mode: '0644' }
`,
  )
  inventory = await loadInventory(join(folder, 'hosts.yaml'), folder)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
}

/** What became of the first task: the parts of its step, or why it is listed. */
async function becomes(task: string, others = '') {
  const vars = '{ ours: 5, both: 2, made: "a {{ nested }}" }'
  const [play] = await imported(`- hosts: all\n  vars: ${vars}\n  tasks:\n    - ${task}\n${others}`)
  const found = play?.tasks[0]?.found
  return found?.kind === 'step' ? found.step.parts : `listed: ${found?.why}`
}

async function imported(text: string) {
  await write('site.yml', text)
  const plays = readPlaybook(join(folder, 'site.yml'), 'site.yml')
  return plays.map((one) =>
    importPlay(one, {
      file: 'site.yml',
      folder,
      find: knownVariables(one, {
        plays,
        role: null,
        inventory: { whole: inventory, hosts: [...inventory.hosts.keys()] },
        doubt: null,
      }),
    }),
  )
}

describe('a plain variable becomes a parameter', () => {
  test.each([
    [
      'copy: { content: "options kvm_intel nested={{ nested }}\\n", dest: "{{ folder }}/kvm.conf" }',
      {
        path: '`' + '$' + '{params.folder}/kvm.conf`',
        text: '`options kvm_intel nested=' + '$' + '{params.nested}\\n`',
      },
    ],
    ['copy: { content: "{{ words }}", dest: /etc/x }', { path: "'/etc/x'", text: 'params.words' }],
    [
      'copy: { content: "{{ words }}\\n`${x} \\\\", dest: "/etc/{{ unit }}.conf", mode: "{{ mode }}" }',
      {
        path: '`/etc/' + '$' + '{params.unit}.conf`',
        text: '`' + '$' + '{params.words}\\n\\`\\$' + '{x} \\\\`',
        mode: 'params.mode',
      },
    ],
    [
      'lineinfile: { path: /etc/x, regexp: "^vm.nr_hugepages.*$", line: "vm.nr_hugepages = {{ pages }}" }',
      {
        path: "'/etc/x'",
        line: '`vm.nr_hugepages = ' + '$' + '{params.pages}`',
        matching: '/^vm[^\\n]nr_hugepages[^\\n]*(?=\\n?$)/',
      },
    ],
    [
      'service: { name: "{{ unit }}", enabled: "{{ enabled }}" }',
      { unit: '`' + '$' + '{params.unit}.service`', enabled: 'params.enabled' },
    ],
    ['package: { name: "{{ packages }}" }', { packages: '() => params.packages', recommended: 'true' }],
    [
      'package: { name: ["linux-{{ unit }}", "{{ unit }}"] }',
      { packages: '() => [`linux-' + '$' + '{params.unit}`, params.unit]', recommended: 'true' },
    ],
    ['file: { path: "{{ folder }}", state: directory }', { path: 'params.folder' }],
    [
      'copy: { content: "[Unit]\\nX={{ nested }}\\n", dest: /etc/x }',
      { path: "'/etc/x'", text: '`[Unit]\\nX=' + '$' + '{params.nested}\\n`' },
    ],
    [
      'copy: { content: "ours {{ ours }}", dest: /etc/x }',
      { path: "'/etc/x'", text: '`ours ' + '$' + '{params.ours}`' },
    ],
  ])('%s', async (task, parts) => {
    expect(await becomes(task)).toEqual(parts)
  })
})

describe('a task whose variables may mean another thing is listed', () => {
  test.each([
    ['copy: { content: "{{ nested | int }}", dest: /etc/x }', 'it uses an expression'],
    ['copy: { content: "{{ nested + 1 }}", dest: /etc/x }', 'it uses an expression'],
    ['copy: { content: "{{ a.b }}", dest: /etc/x }', 'it uses an expression'],
    ['copy: { content: "{{- words }}", dest: /etc/x }', 'it uses an expression'],
    ['copy: { content: "{% if a %}{{ words }}{% endif %}", dest: /etc/x }', 'it uses an expression'],
    // Ansible takes a number alone for a number, and drops the newline behind it.
    ['copy: { content: "{{ nested }}\\n", dest: /etc/x }', 'nested is not everywhere a line of text'],
    // It makes a list of it.
    ['copy: { content: "[{{ nested }}]", dest: /etc/x }', 'with its variables it may be no text to Ansible'],
    ['copy: { content: "[{{ words }}]\\n# x\\n", dest: /etc/x }', 'with its variables it may be no text to Ansible'],
    ['copy: { content: "x {{ mixed }}", dest: /etc/x }', 'mixed is not everywhere a line of text'],
    ['copy: { content: "x {{ enabled }}", dest: /etc/x }', 'enabled is not everywhere a line of text'],
    ['copy: { content: x, dest: "/etc/{{ folder }}" }', 'folder is not everywhere a plain word'],
    ['copy: { content: x, dest: "{{ unit }}/x" }', 'unit is not everywhere a plain path'],
    ['copy: { content: x, dest: "/etc/{{ signed }}" }', 'signed is not everywhere a plain word'],
    ['service: { name: "{{ dotted }}", state: started }', 'dotted is not everywhere a plain name'],
    ['service: { name: ksm, enabled: "{{ nested }}" }', 'nested is not everywhere true or false'],
    ['service: { name: ksm, state: "{{ unit }}" }', 'its state uses variables'],
    ['package: { name: "{{ packages }},x" }', 'packages is not everywhere a list of plain words'],
    [
      'lineinfile: { path: /etc/x, regexp: "^a = [a-z]", line: "a = {{ unit }}" }',
      'its regexp does not match its line, so it is changed anew each time',
    ],
    [
      'lineinfile: { path: /etc/x, regexp: "^a$|^b", line: "a{{ unit }}" }',
      'its regexp does not match its line, so it is changed anew each time',
    ],
    ['lineinfile: { path: /etc/x, regexp: "^{{ unit }}", line: x }', 'its regexp uses variables'],
    ['copy: { content: "a {{ both }}", dest: /etc/x }', 'the play says both, and so does the inventory'],
    ['copy: { content: "a {{ made }}", dest: /etc/x }', 'made is itself a template or a map'],
    ['copy: { content: "a {{ api_token }}", dest: /etc/x }', 'api_token looks like a secret: write it as one'],
    ['copy: { content: "a {{ item }}", dest: /etc/x }', "item is Ansible's own"],
    ['copy: { content: "a {{ inventory_hostname }}", dest: /etc/x }', "inventory_hostname is Ansible's own"],
    ['copy: { content: "a {{ nowhere }}", dest: /etc/x }', 'nowhere is not known'],
    ['copy: { content: "7f3kq {{ words }}", dest: /etc/x }', 'it has a sign that is used here'],
  ])('%s', async (task, why) => {
    expect(await becomes(task)).toBe(`listed: ${why}`)
  })

  test.each([
    ['    - { name: reads, command: "true", register: unit }\n', '"reads" may say unit'],
    ['    - set_fact: { unit: x }\n', '"unit" may say unit'],
    ['    - { name: more, include_vars: x.yml }\n', '"more" may say unit'],
    ['    - { name: other, community.general.some_facts: }\n', '"other" may say unit'],
    ['- { hosts: all, roles: [kvm] }\n', '"role kvm" may say unit'],
    ['- import_playbook: x.yml\n', 'import_playbook may say unit'],
  ])('%s', async (others, why) => {
    expect(await becomes('copy: { content: "x {{ unit }}", dest: /etc/x }', others)).toBe(`listed: ${why}`)
  })

  test('a value of the inventory that is a template', async () => {
    expect(await becomes('copy: { content: "x {{ open }}", dest: /etc/x }')).toMatch(
      /^listed: open is no value in the inventory: it is the template/,
    )
  })

  test.each([
    ['when: enabled', '', 'params.enabled'],
    ['when: enabled | bool', '', 'params.enabled'],
    ['when: not enabled | bool', '', '!params.enabled'],
    ['when: not (enabled|bool)', '', '!params.enabled'],
    ['when: enabled is false', '', '!params.enabled'],
    ['when: [enabled, not quiet]', '', 'params.enabled && !params.quiet'],
    ['when: enabled and not quiet', '', 'params.enabled && !params.quiet'],
    ['when: true', '', ''],
    ['when: ours is defined', '', ''],
    ['when: nested', 'it says when, and nested is not everywhere true or false', ''],
    ['when: enabled or quiet', 'it says when', ''],
    ['when: not enabled is false', 'it says when', ''],
    ['when: (enabled', 'it says when', ''],
    ['when: enabled == 1', 'it says when', ''],
    ['when: "not enabled is defined"', 'it says when', ''],
    ['when: unit is defined', 'it says when', ''],
    ['when: other', 'it says when, and other is not known', ''],
    ['when: 5', 'it says when', ''],
  ])('a condition: %s', async (when, why, only) => {
    const [play] = await imported(
      `- hosts: all\n  vars: { ours: 5 }\n  tasks:\n    - { copy: { content: x, dest: /etc/x }, ${when
        .replace(/when: ([^["].*)/, 'when: "$1"')
        .replace('"true"', 'true')
        .replace('"5"', '5')} }\n`,
    )
    const found = play?.tasks[0]?.found

    expect(found?.kind === 'step' ? (found.step.only ?? '') : found?.why).toBe(why === '' ? only : why)
  })

  test('conditions around a task count with its own', async () => {
    const [play] = await imported(
      '- hosts: all\n  tasks:\n    - { when: enabled, block: [ { when: not quiet, copy: { content: x, dest: /etc/x } } ] }\n',
    )

    expect(play && runbookSource('site', play)).toContain(
      ['    ...(params.enabled && !params.quiet', '      ? [', '          fileKept({', "            id: 'copy',"].join(
        '\n',
      ),
    )
  })

  test('and one that is in two places of different kinds, the first of them translated', async () => {
    const second = '    - { name: second, file: { path: "{{ folder }}", state: absent } }\n'

    await write('two.yml', '')
    const first = await becomes('copy: { content: "{{ unit }}", dest: "/etc/{{ unit }}" }', second)

    expect(first).toEqual({ path: '`/etc/' + '$' + '{params.unit}`', text: 'params.unit' })
  })
})

describe('the tasks of a role', () => {
  const layOut = async () => {
    await write('roles/kvm/defaults/main.yml', 'kvm_folder: /etc/modprobe.d\nkvm_nested: 1\nkvm_unit: ksm\n')
    await write('roles/kvm/vars/main.yml', 'kvm_words: from vars\n')
    await write('roles/kvm/templates/kvm.conf.j2', '# {{ kvm_words }}\noptions kvm_intel nested={{ kvm_nested }}\n')
    await write(
      'roles/kvm/tasks/main.yml',
      `- import_tasks: files.yml
- { import_tasks: when.yml, when: kvm_words }
- { name: third, import_tasks: missing.yml, tags: [x] }
`,
    )
    await write(
      'roles/kvm/tasks/files.yml',
      '- template: { src: kvm.conf.j2, dest: "{{ kvm_folder }}/kvm.conf", mode: "0644" }\n',
    )
    await write('roles/kvm/tasks/when.yml', '- copy: { content: x, dest: /etc/x }\n')
    await rm(join(folder, 'runbooks'), { recursive: true, force: true })
  }

  test('have its defaults below the inventory, and files that they import in their place', async () => {
    await layOut()
    await write(
      'roles/kvm/tasks/main.yml',
      '- import_tasks: files.yml\n- { import_tasks: when.yml, when: kvm_words }\n',
    )

    const { stdout } = await typedIn(folder, ['import', 'ansible', 'roles/kvm/tasks/main.yml', '-i', 'hosts.yaml'])
    const checked = await typedIn(folder, ['check', 'kvm'])
    const source = await readFile(join(folder, 'runbooks/kvm.ts'), 'utf8')

    expect(stdout).toContain('✓ roles/kvm/tasks/files.yml:1 template: template\n')
    expect(stdout).toContain(
      '· roles/kvm/tasks/when.yml:1 copy: what brings in its file says when, and kvm_words is not everywhere true or false\n',
    )
    expect(source).toContain(
      [
        'const params = z.object({',
        "  kvm_folder: z.string().regex(/^(?:\\/(?!\\.{1,2}(?:\\/|$))[\\w.@:+-]+)+$/).default('/etc/modprobe.d').describe(\"As in the role's defaults\"),",
      ].join('\n'),
    )
    expect(source).toContain('z.number().int().default(1)')
    expect(source).toContain('text: `# ${params.kvm_words}\\noptions kvm_intel nested=${params.kvm_nested}\\n`,')
    expect(checked.stdout).toContain('no faults')
  })

  test('are listed where a file that is not read may say a variable', async () => {
    await layOut()

    const { stdout } = await typedIn(folder, ['import', 'ansible', 'roles/kvm/tasks/main.yml', '-i', 'hosts.yaml'])

    expect(stdout).toContain('· roles/kvm/tasks/files.yml:1 template: "third" may say kvm_folder\n')
  })

  test('are listed where the inventory may say what the role says over it', async () => {
    await layOut()
    await write('roles/kvm/tasks/main.yml', '- import_tasks: files.yml\n')

    const { stdout } = await typedIn(folder, ['import', 'ansible', 'roles/kvm/tasks/main.yml'])

    expect(stdout).toContain("the role's vars says kvm_words, and so may the inventory: name that with -i\n")
  })
})

test('group_vars beside a playbook are not passed over', async () => {
  await write('plays/group_vars/all.yml', 'unit: other\n')
  await write('plays/site.yml', '- hosts: all\n  tasks:\n    - service: { name: "{{ unit }}", state: started }\n')

  const { stdout } = await typedIn(folder, ['import', 'ansible', 'plays/site.yml', '-i', 'hosts.yaml'])

  expect(stdout).toContain('group_vars beside the playbook, which is read where that lies beside the inventory')
})
