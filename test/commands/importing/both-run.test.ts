import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findProgram } from '../../../src/rehearsal/docker/packages.ts'

const run = promisify(execFile)
const MAIN = resolve(import.meta.dirname, '../../../src/main.ts')
const ansible = findProgram('ansible-playbook')
const mayUnshare = process.getuid?.() === 0

let folder: string
/** What both change, one after the other. */
let tree: string

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'runbook-both-')))
  tree = join(folder, 'tree')
  await write('hosts.ini', '[hypervisors]\nhv ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n')
  await write('group_vars/hypervisors.yml', VARIABLES)
  await write('files/vfio.conf', 'options vfio-pci ids=10de:1eb8\n')
  await write('templates/ksmtuned.conf.j2', '# KSM\nKSM_MONITOR_INTERVAL=60')
  await write('templates/tuned.conf.j2', '[main]\nsummary={{ motto }}\nvm.nr_hugepages={{pages}}\n\n')
  await write('prepare.yml', playbook())
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** As playbooks for hypervisors have them: exact twins, and what has none. */
const playbook = () => `- name: Prepare hypervisors
  hosts: hypervisors
  become: true
  gather_facts: false
  vars: { swappiness: 10 }
  tasks:
    - name: Configuration folder
      file: { path: ${tree}/modprobe.d, state: directory, mode: 0750, owner: root, group: root }
    - name: A folder of other people
      ansible.builtin.file: path=${tree}/shared state=directory mode=0755
    - copy:
        dest: ${tree}/modprobe.d/kvm.conf
        content: |
          options kvm_intel nested=1
          # it's "quoted" \\ and $HOME
        mode: '0600'
      notify: reload modules
    - name: GPUs
      copy: src=vfio.conf dest=${tree}/modprobe.d/vfio.conf
    - name: KSM
      template: { src: ksmtuned.conf.j2, dest: ${tree}/ksmtuned.conf, mode: 0644 }
    - name: Text that was there
      copy: { content: "after\\n", dest: ${tree}/there.conf, mode: u=rw }
    - name: Text without a mode
      copy: { content: "after\\n", dest: ${tree}/there.conf }
    - name: Forwarding, of which there are three
      lineinfile: { path: ${tree}/sysctl.conf, regexp: '^#?\\s*net\\.ipv4\\.ip_forward\\s*=', line: net.ipv4.ip_forward = 1 }
    - name: A line at the end, behind one without a newline
      lineinfile: { path: ${tree}/sysctl.conf, line: vm.overcommit_memory = 1 }
    - name: A line that is there
      lineinfile: { path: ${tree}/sysctl.conf, line: kernel.panic = 5 }
    - name: Lines that go
      lineinfile: { path: ${tree}/sysctl.conf, regexp: '^vm\\.(dirty|old)_', state: absent }
    - name: A file that is made
      lineinfile: { path: ${tree}/made.conf, line: first, create: yes }
    - name: The last line, matched to its very end
      lineinfile: { path: ${tree}/crlf.conf, regexp: 'x$', line: xx }
    - name: Another line each time
      lineinfile: { path: ${tree}/crlf.conf, regexp: '^b', line: c }
    - name: Gone
      file: { path: ${tree}/old.conf, state: absent }
    - name: Never there
      file: { path: ${tree}/nothing.conf, state: absent }
    - command: touch ${tree}/stamp
      args: { creates: ${tree}/stamp }
    - name: Not again
      command: rm -f ${tree}/there.conf
      args: { creates: ${tree}/sysctl.conf }
    - name: A variable of the play
      lineinfile: { path: ${tree}/sysctl.conf, regexp: '^vm\\.swappiness.*', line: 'vm.swappiness = {{ swappiness }}' }
    - name: Variables of the inventory
      copy: { content: "[Unit]\\nX={{ motto }} {{ pages }}\\n", dest: "${tree}/{{ modules }}/x.conf", mode: "{{ secure }}" }
    - name: A variable with nothing beside it
      copy: { content: "{{ motto }}", dest: ${tree}/motto }
    - name: A variable and the end of its line
      copy: { content: "{{ motto }}\\n\\n", dest: ${tree}/motto-lines }
    - name: A template with variables
      template: { src: tuned.conf.j2, dest: ${tree}/tuned.conf }
    - name: Only so
      copy: { content: so, dest: ${tree}/only-so }
      when: quiet | bool
    - name: Not so
      copy: { content: not, dest: ${tree}/not-so }
      when: not quiet
    - name: An expression
      lineinfile: { path: ${tree}/sysctl.conf, line: 'vm.overcommit = {{ swappiness | int }}' }
    - name: Sometimes
      copy: { content: x, dest: ${tree}/sometimes }
      when: swappiness == 11
    - name: Always
      command: 'true'
    - assert: { that: swappiness == 10 }
  handlers:
    - name: reload modules
      command: 'true'
`

/** What the inventory says. */
const VARIABLES = `modules: modprobe.d
quiet: no
pages: 0x10
motto: "it's \\"quoted\\" \\\\ and $HOME"
secure: "0640"
`

/** What the tasks that are listed left. */
const LEFT_OUT = 'vm.overcommit = 10\n'

/** What this machine lacks for it. */
const lacking = [...(ansible ? [] : ['no ansible-core here']), ...(mayUnshare ? [] : ['not root'])]

describe.skipIf(lacking.length > 0)(['a playbook and the runbook that is made of it', ...lacking].join(', '), () => {
  test('leave the same files with the same modes, of 29 tasks and a handler, but for those that are listed', async () => {
    const environment = {
      ...process.env,
      ANSIBLE_LOCALHOST_WARNING: 'false',
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_PIPELINING: '1',
      HOME: folder,
    }
    await layOut()
    await run(ansible ?? '', ['-i', 'hosts.ini', 'prepare.yml'], { cwd: folder, env: environment })
    const wished = await snapshot()

    await layOut()
    const imported = await runbook('import', 'ansible', 'prepare.yml', '-i', './hosts.ini')
    const checked = await runbook('check', 'prepare')
    const plan = await runbook('plan', 'prepare', '-i', './hosts.ini').catch((error: { stdout: string }) => error)
    await runbook('run', 'prepare', '-i', './hosts.ini', '--yes', '--override', 'E_NOT_TRANSLATED')
    const made = await snapshot()

    const lines = imported.stdout.split('\n')
    expect(lines.filter((line) => line.startsWith('  · ')).map((line) => line.replace(/^ {2}· /, ''))).toEqual([
      'prepare.yml:22 Text that was there: its mode is in letters, or its owner and group are not root',
      'prepare.yml:38 Another line each time: its regexp does not match its line, so it is changed anew each time',
      'prepare.yml:65 An expression: it uses an expression',
      'prepare.yml:67 Sometimes: it says when',
      'prepare.yml:70 Always: without creates it runs each time: write a step with a check, or a once',
      'prepare.yml:72 assert: write a gate',
      'prepare.yml:74 reload modules: a handler: give the steps that notify it readBy, and write restartUnit',
    ])
    expect(lines).toContain('  23 tasks translated, 7 listed')
    expect(checked.stdout).toContain('no faults')
    expect(plan.stdout).toContain('E_NOT_TRANSLATED')
    // What is listed must be all the difference.
    expect(wished['sysctl.conf']?.text.endsWith(LEFT_OUT)).toBe(true)
    expect(made['sysctl.conf']?.text).toBe(wished['sysctl.conf']?.text.slice(0, -LEFT_OUT.length))
    expect(wished['crlf.conf']?.text).toBe('x\r\nax\nc\nxx\n')
    expect(made['crlf.conf']?.text).toBe('x\r\nax\nb\nxx\n')
    expect(without(made, ['sysctl.conf', 'crlf.conf'])).toEqual(without(wished, ['sysctl.conf', 'crlf.conf']))
    expect(made['sysctl.conf']?.mode).toBe(wished['sysctl.conf']?.mode)
  }, 240_000)
})

const without = (files: Files, paths: readonly string[]): Files =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)))

type Files = Record<string, { readonly text: string; readonly mode: string; readonly owner: string }>

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
}

/** The files of a host before either came. */
async function layOut(): Promise<void> {
  await rm(tree, { recursive: true, force: true })
  await mkdir(join(tree, 'shared'), { recursive: true })
  await chmod(join(tree, 'shared'), 0o2777)
  await write('tree/there.conf', 'before\n')
  await chmod(join(tree, 'there.conf'), 0o640)
  await write('tree/old.conf', 'old\n')
  await write('tree/crlf.conf', 'x\r\nax\nb\nx')
  await write(
    'tree/sysctl.conf',
    '# net.ipv4.ip_forward=0\nnet.ipv4.ip_forward = 0\nkernel.panic = 5\nvm.dirty_ratio = 1\nnet.ipv4.ip_forward=0\nvm.old_x = 1',
  )
}

/** In a file system of its own, so that the guard leaves nothing on this machine. */
function runbook(...words: readonly string[]) {
  const inside = 'mount -t tmpfs tmpfs /var/lib && exec "$@"'
  const command = ['--mount', '--propagation', 'private', 'sh', '-c', inside, 'sh', process.execPath, MAIN, ...words]
  return run('unshare', command, { cwd: folder, env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') } })
}

async function snapshot(): Promise<Files> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true })
  const all = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name)
    const { mode, uid, gid } = await stat(path)
    const text = entry.isFile() ? await readFile(path, 'utf8') : ''
    return [path.slice(tree.length + 1), { text, mode: (mode & 0o7777).toString(8), owner: `${uid}:${gid}` }] as const
  })
  return Object.fromEntries((await Promise.all(all)).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
