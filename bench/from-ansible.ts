/**
 * A playbook beside the runbook that is made of it, on throw-away hosts with the same files:
 * `node bench/from-ansible.ts PLAYBOOK|ROLE/tasks/main.yml [--group hypervisors] [--vars FILE] [--prepare FILE]`, with ansible-core.
 *
 * One host gets the runbook with what is translated; one the playbook without the tasks that are listed, after which both
 * must have the same files: each that differs is counted as wrong. A third host gets the whole playbook: what differs
 * there is what listed tasks did. `--vars` are variables of all hosts (YAML), `--prepare` a script that each host runs first.
 */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { upHosts } from '../src/rehearsal/container-hosts.ts'
import { type Tasks, tasksOf, withoutListed } from './from-ansible/listed-tasks.ts'
import { ansibleInventory, ended, program } from './from-ansible/programs.ts'
import { differing, type Files, filesOf } from './from-ansible/written-files.ts'
import { printJson } from './measure/figures.ts'

const MAIN = resolve(import.meta.dirname, '../src/main.ts')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    group: { type: 'string', default: 'hypervisors' },
    vars: { type: 'string' },
    prepare: { type: 'string' },
  },
})
const [given] = positionals
if (given === undefined) throw new Error('name a playbook, or the tasks/main.yml of a role')

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'runbook-both-')))
const set = await upHosts({ count: 3, say: console.error, mayInstall: async () => true })
try {
  printJson(await compare(resolve(given)))
} finally {
  await set.down()
  rmSync(folder, { recursive: true, force: true })
}

async function compare(path: string) {
  const { imported, playbook } = layOut(path, join(folder, 'whole'))
  const cwd = join(folder, 'whole')
  const [forRunbook, forTranslated, forWhole] = set.hosts
  if (!forRunbook || !forTranslated || !forWhole) throw new Error('three hosts did not come up')
  const inventories = set.hosts.map((host) => {
    const file = join(folder, `${host.name}.yaml`)
    writeFileSync(file, ansibleInventory({ host, group: values.group, set }))
    return file
  })
  const [ofRunbook = '', ofTranslated = '', ofWhole = ''] = inventories
  const script = values.prepare === undefined ? ':' : readFileSync(values.prepare, 'utf8')
  for (const host of set.hosts) {
    const { exitCode, stderr } = await host.inside('sh', script)
    if (exitCode !== 0) throw new Error(`--prepare failed on ${host.name}: ${stderr}`)
  }
  const before = await filesOfAll()

  const { stdout } = await program([process.execPath, MAIN, 'import', 'ansible', imported, '-i', ofRunbook], cwd)
  const tasks = tasksOf(stdout)
  for (const name of tasks.runbooks) {
    const file = join(cwd, 'runbooks', `${name}.ts`)
    writeFileSync(file, readFileSync(file, 'utf8').replace("'hosts-to-be-named'", "'all'"))
    const words = [process.execPath, MAIN, 'run', name, '-i', ofRunbook, '--yes', '--override', 'E_NOT_TRANSLATED']
    await ended(program(words, cwd, { XDG_STATE_HOME: join(folder, 'state') }), `runbook run ${name}`)
  }

  cpSync(cwd, join(folder, 'translated'), { recursive: true })
  withoutListed(join(folder, 'translated'), tasks)
  const play = (inventory: string, at: string) =>
    program(['ansible-playbook', '-i', inventory, playbook], at, {
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_HOST_KEY_CHECKING: 'False',
    })
  await ended(play(ofTranslated, join(folder, 'translated')), 'the playbook without what is listed')
  const whole = await play(ofWhole, cwd)
  const [byRunbook = {}, byTranslated = {}, byWhole = {}] = await filesOfAll()

  const wrong = differing(byRunbook, byTranslated, before)
  return {
    tasks: tasks.translated.length + tasks.listed.length,
    translated: tasks.translated.length,
    listed: tasks.listed.length,
    wrong: wrong.length,
    wrongFiles: wrong,
    filesChanged: differing(byRunbook, before[0] ?? {}, []),
    wholePlaybook: whole.exitCode === 0 ? 'ran to its end' : `ended early: ${lastFault(whole.stdout)}`,
    changedByListedTasks: differing(byRunbook, byWhole, before),
    reasons: reasonsOf(tasks),
  }
}

/** A copy of the playbook's folder, or of the role with a play for it. */
function layOut(path: string, to: string): { readonly imported: string; readonly playbook: string } {
  const isRole = basename(dirname(path)) === 'tasks'
  const role = dirname(dirname(path))
  const name = basename(role).replaceAll(/[^\w.-]/g, '_')
  const from = isRole ? role : dirname(path)
  const place = isRole ? join(to, 'roles', name) : to
  mkdirSync(place, { recursive: true })
  cpSync(from, place, { recursive: true, filter: (each) => basename(each) !== '.git' })
  if (values.vars !== undefined) {
    mkdirSync(join(to, 'group_vars'), { recursive: true })
    appendFileSync(join(to, 'group_vars/all.yml'), readFileSync(values.vars))
  }
  mkdirSync(join(to, 'runbooks'))
  if (!isRole) return { imported: basename(path), playbook: basename(path) }
  writeFileSync(join(to, 'site.yml'), `- { hosts: all, become: true, roles: [${name}] }\n`)
  return { imported: `roles/${name}/tasks/${basename(path)}`, playbook: 'site.yml' }
}

function filesOfAll(): Promise<readonly Files[]> {
  return Promise.all(set.hosts.map(filesOf))
}

function lastFault(output: string): string {
  const faults = output.split('\n').filter((line) => /^(?:fatal|ERROR)/.test(line))
  return (faults.at(-1) ?? output.slice(-200)).slice(0, 300)
}

function reasonsOf({ listed }: Tasks): Readonly<Record<string, string>> {
  return Object.fromEntries(listed.map(({ place, why }) => [place, why]))
}
