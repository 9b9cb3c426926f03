import { loadInventory } from '../../inventory/find-inventory.ts'
import { inventoryNames } from '../../inventory/inventory-names.ts'
import { UsageError } from '../../model/errors.ts'
import { counted } from '../../reporter/wording.ts'
import { findRunbook, loadRunbook, runbookNames } from '../find.ts'
import { checkedSteps, checkGuards } from '../project/check-runbook.ts'
import { findProject, type Project } from '../project/find-project.ts'
import { importFault } from '../project/import-fault.ts'
import { findRehearsals } from '../rehearsal/find-rehearsals.ts'
import type { Verb } from '../verb.ts'

/** Finds faults in runbooks and inventories without contacting any host. */
export const check: Verb = {
  words: ['[runbooks...]'],
  flags: ['json'],
  examples: [
    ['runbook check', 'all runbooks and inventories of this project'],
    ['runbook check hugepages-1g', 'one runbook'],
  ],
  async act({ operator, options, words }) {
    const project = await findProject(operator.folder)
    const runbooks = words.length > 0 ? words : await runbookNames(project)
    const inventories = words.length > 0 ? [] : await inventoryNames(project.folder)
    const faults = [
      ...(await faultsOf(runbooks, (name) => checkRunbook(name, project))),
      ...(await faultsOf(inventories, (name) => loadInventory(name, project.folder))),
    ]
    const what = `${counted(runbooks.length, 'runbook')}, ${counted(inventories.length, 'inventory file')}`
    if (options.json) operator.put(JSON.stringify({ type: 'checked', runbooks, inventories, faults }))
    else if (faults.length === 0) operator.put(`✓ ${what}: no faults`)
    else for (const fault of faults) operator.put(`✗ ${fault}`)
    return faults.length === 0 ? 0 : 2
  },
}

async function faultsOf(
  names: readonly string[],
  read: (name: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const faults: string[] = []
  for (const name of names) {
    try {
      await read(name)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      faults.push(...error.faults)
    }
  }
  return faults
}

/** It loads, its rehearsal can be read, and its steps for default parameters can be made and have usable ids. */
async function checkRunbook(name: string, project: Project): Promise<void> {
  const { runbook, files } = await loadRunbook(name, project)
  await findRehearsals(name, project, 'containers')
  checkGuards(runbook, files)
  try {
    const result = await runbook.params['~standard'].validate({})
    if (!result.issues) checkedSteps(runbook, result.value, files)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw importFault(error, await findRunbook(name, project), project.folder)
  }
}
