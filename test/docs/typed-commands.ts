/** Blocks in which nothing is typed. */
const OTHER_LANGUAGES = new Set(['ts', 'js', 'yaml', 'json', 'ini'])

/** How a line begins that is typed. Other lines of a block are what was printed. */
const TYPED =
  /^(?:\$ )?((?:npx runbook|runbook|\.\/runbook|npm|node|npx|source|sh|export|createuser|createdb)(?= ).*|npm test)$/

/**
 * Command lines in the blocks of code of a page, fenced or indented, each once. What stands behind two blanks or a `#` says
 * what the command does. `npx runbook` and `./runbook` are `runbook`.
 */
export function typedCommands(page: string): readonly string[] {
  const lines = [...fenced(page), ...indented(page)]
  const commands = lines.flatMap((line) => TYPED.exec(line.replace(/ {2,}.*$| +# .*$/, ''))?.[1] ?? [])
  return [...new Set(commands.map((command) => command.replace(/^(npx |\.\/)runbook /, 'runbook ')))]
}

function fenced(page: string): readonly string[] {
  const blocks = page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)
  return [...blocks].flatMap(([, language = '', text = '']) =>
    OTHER_LANGUAGES.has(language) ? [] : text.trimEnd().split('\n'),
  )
}

const indented = (page: string): readonly string[] =>
  [...page.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line)

/** Verbs and flags of `runbook` in running text: `` `runbook run -i prod` ``. */
export function mentionedCommands(page: string): readonly string[] {
  const text = page.replaceAll(/^```[\s\S]*?^```$/gm, '')
  return [...text.matchAll(/`((?:npx |\.\/)?runbook [a-z][^`\n]*)`/g)].map(([, command = '']) => command)
}

/** The blocks of a language that begin with the path of a file in a comment: path to text. */
export function filesOf(page: string, language: string): ReadonlyMap<string, string> {
  const blocks = page.matchAll(/^```(\w+)\n(?:\/\/|#) (\S+\.\w+)\n([\s\S]*?)^```$/gm)
  return new Map(
    [...blocks].flatMap(([, of, path = '', text = '']) => (of === language ? [[path, text] as const] : [])),
  )
}
