// `node bin/cases.ts`: prints the totals of docs/cases.md, with which that page begins. With --write it puts them there.
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { totalsOf, withTotals } from './case-totals.ts'

const page = resolve(import.meta.dirname, '../docs/cases.md')
const text = await readFile(page, 'utf8')

if (process.argv.includes('--write')) await writeFile(page, withTotals(text))
process.stdout.write(`${totalsOf(text)}\n`)
