import { UsageError } from '../../model/errors.ts'
import type { GuardText } from '../../model/runbook.ts'
import { suggest } from '../../model/suggest.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import { loadRunbook, usableNames } from '../find.ts'
import { findProject, type Project } from '../project/find-project.ts'
import type { Verb } from '../verb.ts'
import { ENGINE_CODES } from './engine-codes.ts'

/** What a code means and what to do about it. */
export const explain: Verb = {
  words: ['<code>'],
  flags: ['json'],
  examples: [['runbook explain E_GUESTS_RUNNING', 'its meaning, the remedy, and whether it can be overridden']],
  async act({ operator, options, words: [typed = ''] }) {
    const code = typed.toUpperCase()
    const known = await allCodes(await findProject(operator.folder))
    const found = known.get(code)
    if (!found && /^[WI]_/.test(code)) {
      throw new UsageError(
        `${code} is a note (W_ warns, I_ informs): the text beside it says all there is, and it stops nothing.`,
        { remedy: 'runbook log RUN shows every note of a run with its text' },
      )
    }
    if (!found) {
      const meant = suggest(code, known.keys())
      throw new UsageError(
        `no runbook of this project and nothing in the engine says ${typed}.${meant ? ` Did you mean "${meant}"?` : ''}`,
      )
    }
    const { text, by } = found
    if (options.json) {
      operator.put(JSON.stringify({ type: 'code', code, by, ...text }))
      return 0
    }
    const { columns } = operator.dataLook()
    const override =
      by.includes('the engine') || text.absolute ? 'It cannot be overridden.' : `It can be passed: --override ${code}`
    for (const line of [`${code}, said by ${by.join(', ')}`, text.meaning, text.remedy, override])
      for (const part of wrapText(line, columns, 2)) operator.put(part)
    return 0
  },
}

/** A code's text and who says it. */
export interface Explained {
  readonly text: GuardText
  readonly by: readonly string[]
}

/** Every code of the engine and of all usable runbooks that can be loaded. */
export async function allCodes(project: Project): Promise<ReadonlyMap<string, Explained>> {
  const codes = new Map<string, Explained>(
    Object.entries(ENGINE_CODES).map(([code, text]) => [code, { text, by: ['the engine'] }]),
  )
  for (const name of await usableNames(project)) {
    const loaded = await loadRunbook(name, project).catch((error: unknown) => {
      if (error instanceof UsageError) return null
      throw error
    })
    for (const [code, text] of Object.entries(loaded?.runbook.guards ?? {}))
      codes.set(code, { text, by: [...(codes.get(code)?.by ?? []), name] })
  }
  return codes
}
