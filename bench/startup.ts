/**
 * What starting costs: `node bench/startup.ts [--rounds 20]`, with nothing else running. Milliseconds, each of a whole
 * process with its compiled files cached; nothing is contacted but this machine itself.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { printJson, printTable } from './measure/figures.ts'
import { timesOf } from './measure/programs.ts'

const HOME = resolve(import.meta.dirname, '..')
const RUNBOOKS = 50

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } })
const folder = mkdtempSync(join(tmpdir(), 'runbook-bench-'))
try {
  const [many, tuning] = [join(folder, 'many'), join(folder, 'tuning')]
  makeManyRunbooks(many)
  makeTuning(tuning)
  const environment = { PATH: process.env.PATH, HOME: process.env.HOME, XDG_STATE_HOME: join(folder, 'state') }
  const times = (where: string, ...words: string[]) =>
    timesOf(words, { folder: where, environment, rounds: Number(values.rounds) })
  const runbook = join(HOME, 'runbook')
  const figures = {
    'an empty program': times(tuning, process.execPath, '-e', '0'),
    'runbook --help': times(tuning, runbook, '--help'),
    'runbook run --help': times(tuning, runbook, 'run', '--help'),
    'runbook plan, ten steps on this machine': times(tuning, runbook, 'plan', 'tune', '--inventory', 'local'),
    'runbook show of one runbook': times(many, runbook, 'show', 'drop-caches'),
    [`runbook show, which loads ${RUNBOOKS} runbooks`]: times(many, runbook, 'show'),
  }
  printTable(
    ['milliseconds', 'wall', 'CPU'],
    Object.entries(figures).map(([what, { wall, cpu }]) => [what, wall, cpu]),
  )
  printJson(figures)
} finally {
  rmSync(folder, { recursive: true })
}

/** As many runbooks as are wanted, made of those that are shipped, each under its own name. */
function makeManyRunbooks(project: string): void {
  cpSync(join(HOME, 'runbooks'), join(project, 'runbooks'), { recursive: true })
  const shipped = readdirSync(join(project, 'runbooks')).filter((name) => name.endsWith('.ts'))
  for (let number = shipped.length; number < RUNBOOKS; number += 1) {
    const from = shipped[number % shipped.length]!
    const name = from.replace(/\.ts$/, '')
    const text = readFileSync(join(project, 'runbooks', from), 'utf8')
    writeFileSync(join(project, `runbooks/${name}-${number}.ts`), text.replaceAll(`'${name}'`, `'${name}-${number}'`))
  }
}

function makeTuning(project: string): void {
  mkdirSync(join(project, 'inventory'), { recursive: true })
  mkdirSync(join(project, 'runbooks'))
  for (const name of ['tune.ts', 'ten-steps.ts']) {
    cpSync(join(import.meta.dirname, 'task', name), join(project, 'runbooks', name))
  }
  writeFileSync(join(project, 'inventory/local.yaml'), 'hosts: { here: { connection: { transport: local } } }\n')
}
