import type { Translation } from '../modules.ts'
import { markedSource } from '../variables/marks.ts'

export const listed = (why: string): Translation => ({ kind: 'listed', why })

/** Why arguments keep a task from being translated: `it says backup, validate`. */
export const saysMore = (names: readonly string[]): Translation => listed(`it says ${names.join(', ')}`)

/** Source text of a string, in which marks are parameters. */
export const text = (value: string): string => markedSource(value) ?? plainText(value)

const plainText = (value: string): string =>
  /['\\\n\r\u0000-\u001f\u2028\u2029]/.test(value) ? JSON.stringify(value) : `'${value}'`

/** Source text of mode and owner, for a step that keeps a file or folder. */
export const ownership = ({ mode, root }: { mode?: string; root?: true }): Record<string, string> => ({
  ...(mode === undefined ? {} : { mode: text(mode) }),
  ...(root ? { root: 'true' } : {}),
})
