import type { Explained } from '../reading/explain.ts'

/** docs/reference/codes.md: every code that stops a host, with what to do. */
export function codesPage(codes: ReadonlyMap<string, Explained>): string {
  const lines = [
    '<!-- Generated from src/ and runbooks/ by: npm run docs -->',
    '# Codes',
    '',
    'As `runbook explain CODE` tells them. `--override CODE` passes what is not of the engine and not marked as absolute; it is',
    'recorded with who and why. Notes (`W_` warns, `I_` informs) stop nothing and say all there is where they stand.',
    ...[...codes].toSorted(([one], [other]) => (one < other ? -1 : 1)).flatMap(codeLines),
  ]
  return `${lines.join('\n')}\n`
}

function codeLines([code, { text, by }]: readonly [string, Explained]): readonly string[] {
  const absolute = by.includes('the engine') || text.absolute ? 'Cannot be overridden. ' : ''
  const said = by.map((name) => (name === 'the engine' ? name : `[${name}](../runbooks/${name}.md)`)).join(', ')
  return ['', `## ${code}`, '', `${escaped(text.meaning)} ${escaped(text.remedy)}`, '', `${absolute}Said by ${said}.`]
}

/** Signs that Markdown would read as markup. */
const escaped = (text: string): string => text.replaceAll(/[<*_]/g, (sign) => `\\${sign}`)
