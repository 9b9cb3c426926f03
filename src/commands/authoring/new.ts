import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { refuseOpenFolder } from '../../inventory/trusted-place.ts'
import { UsageError } from '../../model/errors.ts'
import { runbookNames, usableNames } from '../find.ts'
import { findProject, isProject } from '../project/find-project.ts'
import { productManifest } from '../project/versions.ts'
import type { Verb } from '../verb.ts'
import { projectFiles } from './project-template.ts'
import { runbookFiles } from './runbook-template.ts'
import { writeMissing } from './write-missing.ts'

/** A skeleton of a runbook with its test; where there is no project yet, a whole one. No file is ever overwritten. */
export const newRunbook: Verb = {
  words: ['<name>'],
  flags: [],
  examples: [
    ['runbook new greeting', 'runbooks/greeting.ts with a test, in this project or a new one'],
    ['npm test', 'run the tests, on fake hosts'],
    ['runbook check greeting', 'find faults without a host'],
  ],
  async act({ operator, words: [name = ''] }) {
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
      throw new UsageError(`${JSON.stringify(name)}: a runbook is called by small letters, digits and single hyphens`, {
        remedy: 'runbook new nested-guests',
      })
    }
    const project = await findProject(operator.folder)
    const { folder } = project
    refuseOpenFolder(folder)
    if ((await runbookNames(project)).includes(name)) {
      throw new UsageError(`there is a runbook ${name} in ${folder} already`, { remedy: `runbook show ${name}` })
    }
    const known = await usableNames(project)
    const whole = (await isProject(folder)) ? {} : projectFiles(basename(folder), await productManifest())
    const { made, kept } = await writeMissing(folder, { ...whole, ...runbookFiles(name) })
    for (const path of made) operator.put(`made  ${path}`)
    for (const path of kept) operator.put(`kept  ${path}, which was there`)
    if (known.includes(name)) operator.say(`${name} stands before the runbook of that name that comes with the product`)
    for (const line of await lacking(folder)) operator.say(line)
    operator.say(`  → edit runbooks/${name}.ts, then: npm test, runbook check ${name}`)
    return 0
  },
}

/** What a package.json that was there before must say for the files to work as they are. */
async function lacking(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => null)
  if (text === null) return []
  const { type, scripts } = JSON.parse(text) as { type?: string; scripts?: { test?: string } }
  return [
    ...(type === 'module' ? [] : ['package.json: its files are no modules yet. Type: npm pkg set type=module']),
    ...(scripts?.test ? [] : ['package.json: it runs no tests yet. Type: npm pkg set scripts.test="node --test"']),
  ]
}
