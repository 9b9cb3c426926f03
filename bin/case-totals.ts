/** Cases of one heading, or of the whole page. */
interface Counted {
  /** Whole: tests, and nothing that is said to lack. */
  readonly proved: number
  /** Tests for most of it, and a reason for the rest. */
  readonly inPart: number
  /** A reason, and no test. */
  readonly byReason: number
  readonly open: number
}

const CASE = /^\| \d+ \| (.*?) \| `/
const BY_REASON = /^\| [A-Z][a-z]+ \d+ \|/

/** What docs/cases.md counts, as the table with which it begins. */
export function totalsOf(page: string): string {
  const parts = page.split(/^## /m).slice(1)
  const rows = parts.map((part) => [part.slice(0, part.indexOf('\n')), countOf(part)] as const)
  const [cases, reasons] = [rows.slice(0, -1), rows.at(-1)?.[1].byReason ?? 0]
  const sum = (key: keyof Counted) => rows.reduce((total, [, counted]) => total + counted[key], 0)
  const tests = page.split('\n').filter((line) => /^\| \d* \| .*\| `[^`]+`: .* \|/.test(line)).length
  const whole = { proved: sum('proved'), inPart: sum('inPart'), byReason: reasons, open: sum('open') }
  return [
    '| cases | all | proved | proved but for a stated part | by a reason alone | open |',
    '|---|---|---|---|---|---|',
    ...cases.map(([name, counted]) => line(name, counted)),
    line('those by a reason alone', { proved: 0, inPart: 0, byReason: reasons, open: 0 }),
    line(`all, by ${tests} rows of tests`, whole),
  ].join('\n')
}

/** The page with these totals behind its title. */
export const withTotals = (page: string): string =>
  page.replace(/^(# .*\n\n)(?:TOTALS|(?:\|.*\n)*\|.*)\n/, (_, title: string) => `${title}${totalsOf(page)}\n`)

function countOf(part: string): Counted {
  const lines = part.split('\n')
  const said = lines.flatMap((line) => CASE.exec(line)?.[1] ?? [])
  const open = said.filter((text) => text.includes('*Not yet:*')).length
  const inPart = said.filter((text) => text.includes('*Stays:*')).length
  const byReason = lines.filter((line) => BY_REASON.test(line)).length
  return { proved: said.length - open - inPart, inPart, byReason, open }
}

const line = (name: string, { proved, inPart, byReason, open }: Counted): string =>
  `| ${[name, proved + inPart + byReason + open, proved, inPart, byReason, open].join(' | ')} |`
