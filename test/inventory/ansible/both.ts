import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadInventory } from '../../../src/inventory/find-inventory.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import type { Json } from '../../../src/model/json.ts'

/** An inventory as both programs can be compared by it. */
export interface Compared {
  /** Host name to its variables. */
  readonly hosts: Readonly<Record<string, unknown>>
  /** Group name to its hosts, those of its children included, in no order. */
  readonly groups: Readonly<Record<string, readonly string[]>>
  /** Group name to the groups directly below it, in no order. */
  readonly children: Readonly<Record<string, readonly string[]>>
  /** The hosts of groups without children, in their order. */
  readonly order: Readonly<Record<string, readonly string[]>>
}

/** What went wrong, instead of an inventory. */
export interface Refused {
  readonly refused: string
}

/** Where Debian's package has it. */
export const ANSIBLE = '/usr/bin/ansible-inventory'

/** What `ansible-inventory --list` of this machine says, for each list of its arguments. */
export async function askAnsible(questions: readonly (readonly string[])[]): Promise<readonly (Compared | Refused)[]> {
  const answers = await answersOf(questions.map((words) => ['ansible-inventory', '--list', ...words]))
  return answers.map((answer) => comparedAnswer(answer as Answer))
}

/** The hosts that `ansible PATTERN --list-hosts` names for each pattern, in its order. */
export async function askHosts(
  inventory: string,
  patterns: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const answers = await answersOf(patterns.map((one) => ['ansible', one, '-i', inventory, '--list-hosts']))
  return answers.map((answer) => (Array.isArray(answer) ? answer.slice(1).map((line: string) => line.trim()) : []))
}

async function answersOf(lines: readonly (readonly string[])[]): Promise<readonly unknown[]> {
  await using home = await temporaryFolder()
  const child = spawn(await pythonOf(ANSIBLE), [join(import.meta.dirname, 'list-each.py')], {
    cwd: home.path,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      LC_ALL: 'C.UTF-8',
      // Nothing of this machine's or operator's own settings.
      ANSIBLE_CONFIG: '/nonexistent/ansible.cfg',
      HOME: home.path,
      ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'true',
    },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.end(lines.map((words) => `${JSON.stringify(words)}\n`).join(''))
  const code = await new Promise((resolve) => child.on('close', resolve))
  const answers = stdout.split('\n').filter((line) => line !== '')
  if (answers.length !== lines.length) throw new Error(`Ansible ended with ${code}: ${stderr.slice(-2000)}`)
  return answers.map((line) => JSON.parse(line))
}

/** A folder that is removed when it goes out of use. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'runbook-inventory-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Ansible lies where this Python finds it; the PATH may have others. */
async function pythonOf(program: string): Promise<string> {
  return /^#!\s*(\S+)/.exec(await readFile(program, 'utf8'))?.[1] ?? 'python3'
}

type Listed = Readonly<Record<string, { readonly hosts?: readonly string[]; readonly children?: readonly string[] }>>

interface Answer {
  readonly failed?: string
  readonly _meta: { readonly hostvars: Readonly<Record<string, Json>> }
}

export function comparedAnswer({ failed, _meta, ...rest }: Answer): Compared | Refused {
  if (typeof failed === 'string') return { refused: failed }
  // All else are groups.
  const listed = rest as Listed
  const names = new Set([
    'all',
    ...Object.keys(listed),
    ...Object.values(listed).flatMap(({ children = [] }) => children),
  ])
  const below = (name: string): readonly string[] => {
    const { hosts = [], children = [] } = listed[name] ?? {}
    return [...hosts, ...children.flatMap(below)]
  }
  const hosts = [...new Set(below('all'))]
  const leaves = [...names].filter((name) => !listed[name]?.children?.length)
  return {
    hosts: Object.fromEntries(hosts.toSorted().map((name) => [name, unwrapped(_meta.hostvars[name] ?? {})])),
    groups: sortedRecord([...names].map((name) => [name, [...new Set(below(name))].toSorted()])),
    children: sortedRecord([...names].map((name) => [name, [...(listed[name]?.children ?? [])].toSorted()])),
    order: sortedRecord(leaves.map((name) => [name, listed[name]?.hosts ?? []])),
  }
}

/** Texts that are no templates are wrapped in Ansible's JSON. */
function unwrapped(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(unwrapped)
  if ('__ansible_unsafe' in value) return value.__ansible_unsafe ?? null
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, unwrapped(member ?? null)]))
}

/** What our reader says of the same. */
export async function askOurs(nameOrPath: string, project: string): Promise<Compared | Refused> {
  return loadInventory(nameOrPath, project).then(comparedInventory, (error: Error) => ({ refused: error.message }))
}

function comparedInventory({ hosts, groups, children }: Inventory): Compared {
  const leaves = [...groups].filter(([name]) => !children.get(name)?.length)
  return {
    hosts: Object.fromEntries([...hosts.keys()].toSorted().map((name) => [name, hosts.get(name)?.vars])),
    groups: sortedRecord([...groups].map(([name, members]) => [name, members.toSorted()])),
    children: sortedRecord([...children].map(([name, below]) => [name, below.toSorted()])),
    order: sortedRecord(leaves),
  }
}

const sortedRecord = (entries: readonly (readonly [string, readonly string[]])[]): Record<string, readonly string[]> =>
  Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
