import { loadInventory } from '../../inventory/find-inventory.ts'
import { inventoryNames } from '../../inventory/inventory-names.ts'
import { UsageError } from '../../model/errors.ts'
import type { Inventory } from '../../model/inventory.ts'
import { printable } from '../../model/printable.ts'
import type { Look, Tone } from '../../reporter/wording/paint.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import { counted } from '../../reporter/wording.ts'
import { lookAt } from '../asking/looking.ts'
import { findProject, type Project } from '../project/find-project.ts'
import { reachHosts } from '../reaching/reach-hosts.ts'
import { stateFolder } from '../state-folder.ts'
import type { Call, Verb } from '../verb.ts'
import { bad, type Finding, ok } from './finding.ts'
import { clockDifference, hostFindings, oneOfEach } from './hosts.ts'
import { loginFindings } from './log-in.ts'
import { rehearsalFindings } from './rehearsals.ts'
import { nodeFinding, projectFinding, stateFinding } from './this-machine.ts'

/** Looks at a set-up in the order in which it is used, and says of each fault what to type. Nothing is changed. */
export const doctor: Verb = {
  words: [],
  flags: ['inventory', 'reach', 'concurrency', 'askSudo', 'sudoPasswordFile', 'input', 'json'],
  examples: [
    ['runbook doctor', 'this machine and every inventory; exit 2 where something is wrong'],
    ['runbook doctor -i prod --reach', 'and one host of each group: login, root, clock; exit 4 where one fails'],
  ],
  async act(call) {
    const { operator, options } = call
    const project = await findProject(operator.folder)
    const inventories = await readInventories(project, options.inventory)
    const read = inventories.flatMap(({ inventory }) => inventory ?? [])
    const here = [
      await nodeFinding(operator),
      await projectFinding(project),
      await stateFinding(stateFolder(project, operator.environment)),
      ...inventories.map(({ finding }) => finding),
      ...(await logins(call, read)),
    ]
    const there = options.reach ? await reach(call, read) : []
    const findings = [...here, ...there, ...(await rehearsalFindings())]
    const exitCode = here.some(isBad) ? 2 : there.some(isBad) ? 4 : 0
    if (options.json) operator.put(JSON.stringify({ type: 'doctor', exitCode, findings }))
    else for (const line of findings.flatMap((one) => findingLines(one, operator.dataLook()))) operator.put(line)
    return exitCode
  },
}

/** As hosts are reached in the end: what ssh_config says counts too. */
async function logins({ operator, options }: Call, inventories: readonly Inventory[]): Promise<readonly Finding[]> {
  try {
    const reached = await Promise.all(inventories.map((one) => reachHosts(one, 'all', options, operator)))
    const connections = reached.flat().flatMap(({ connection }) => (connection.transport === 'local' ? [] : connection))
    return connections.length > 0 ? loginFindings(connections, operator.environment.SSH_AUTH_SOCK) : []
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return [
      bad(error.faults.join('\n'), error.remedy === '' ? 'Correct what it says; then: runbook doctor' : error.remedy),
    ]
  }
}

const isBad = ({ state }: Finding): boolean => state === 'bad'

interface ReadInventory {
  readonly finding: Finding
  readonly inventory?: Inventory
}

/** The named inventory, else each of the project. */
async function readInventories(project: Project, named: string | undefined): Promise<readonly ReadInventory[]> {
  const names = named === undefined ? await inventoryNames(project.folder) : [named]
  if (names.length === 0) {
    return [{ finding: bad('there is no inventory', 'Write inventory/NAME.yaml, or name hosts: -i hv-01,hv-02') }]
  }
  return Promise.all(
    names.map(async (name): Promise<ReadInventory> => {
      try {
        const inventory = await loadInventory(name, project.folder)
        return { finding: ok(`inventory ${name}: ${counted(inventory.hosts.size, 'host')}`), inventory }
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
        const remedy = error.remedy === '' ? 'Correct what it says; then: runbook check' : error.remedy
        return { finding: bad(`inventory ${name}: ${error.faults.join('\n')}`, remedy) }
      }
    }),
  )
}

async function reach({ operator, options }: Call, [inventory, ...others]: readonly Inventory[]) {
  if (!inventory) return []
  if (others.length > 0) throw new UsageError('--reach: which inventory?', { remedy: 'Say --inventory NAME.' })
  const { looked } = await lookAt({ operator, options }, oneOfEach(inventory).join(','), (probe) =>
    probe.ask(clockDifference),
  )
  return hostFindings(looked)
}

const SIGNS: Readonly<Record<Finding['state'], readonly [sign: string, tone: Tone]>> = {
  ok: ['✓', 'good'],
  bad: ['✗', 'bad'],
  hint: ['·', 'quiet'],
}

function findingLines({ state, text, type }: Finding, look: Look): readonly string[] {
  const [sign, tone] = SIGNS[state]
  return [
    ...wrapText(`${look.paint(tone, sign)} ${printable(text).replaceAll('\n', '\n  ')}`, look.columns, 2),
    ...(type === undefined ? [] : wrapText(`  → ${printable(type)}`, look.columns, 4)),
  ]
}
