// `npm run test:mutation`: what would the tests not notice? Changes one thing at a time in a copy of the project.
//   --only PATTERN   only these source files, such as 'src/journal/**/*.ts'
//   --sample N       only so many mutants, drawn by --seed S
//   --workers N      processes beside each other, 2 unless told
import { rmSync } from 'node:fs'
import { glob, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inWords } from '../../src/model/duration.ts'
import { COPY, makeCopy, PROJECT, SCRATCH } from './conduct/copy.ts'
import { measureTests } from './conduct/measure-tests.ts'
import { planTrials, type Trial } from './conduct/plan-trials.ts'
import { makeRunner, type RunnerProcess } from './conduct/runner-process.ts'
import { testsThatLoad } from './conduct/tests-that-load.ts'
import { tryMutant } from './conduct/try-mutant.ts'
import { draw } from './draw.ts'
import { readReviewed, staleEntries, whyOf } from './reviewed.ts'
import { isAlive, newsText, type Result, scoreText } from './score-text.ts'

/** What must not break unnoticed: what decides, what remembers, what asks the host, what hides and quotes. */
const MUTATED = [
  'src/engine/**/*.ts',
  // Not what speaks to PostgreSQL: its tests want a server, which is too slow to be asked thousands of times.
  'src/journal/{[!p]*,p[!o]*}.ts',
  'src/journal/sqlite/**/*.ts',
  'src/transport/shell/**/*.ts',
  'src/model/{command,redactor,secret,secret-spellings,printable}.ts',
]
/** The tests that are quick enough to be run thousands of times. */
const TESTS = [
  'test/{model,engine,runtime,crash,reporter}/**/*.test.ts',
  'test/journal/{[!p]*,p[!o]*}.test.ts',
  'test/transport/{shell,local}/**/*.test.ts',
  'test/transport/fake-*.test.ts',
  'test/model-check/small-bounds.test.ts',
  'test/runbooks/hugepages-1g*.test.ts',
]
const WANTED = 80

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
  },
})

const started = performance.now()
const mutants = await makeCopy(values.only ?? MUTATED)
const chosen = draw(mutants, { count: Number(values.sample ?? mutants.length), seed: Number(values.seed) })
say(`${mutants.length} mutants, ${chosen.length} of them are tried`)

const files: string[] = []
for await (const path of glob(TESTS, { cwd: COPY })) files.push(join(COPY, path))
const runners = Array.from({ length: Number(values.workers) }, (_, number) => makeRunner(number))
process.on('exit', () => {
  for (const runner of runners) runner.end()
  rmSync(SCRATCH, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(2))
const mutated = new Set(chosen.map(({ path }) => join(COPY, path)))
const measurement = await measureTests(testsThatLoad(mutated, files.toSorted()), runners)
say(`${measurement.tests.length} tests pass without a mutant, after ${inWords(performance.now() - started)}`)

const reviewed = await readReviewed()
const waiting = [...planTrials(chosen, measurement)]
const results: Result[] = []
await Promise.all(runners.map(work))

const alive = results.filter(({ verdict }) => isAlive(verdict)).map(({ mutant }) => mutant)
const stale = staleEntries(reviewed, { all: mutants, tried: chosen, alive })
const news = newsText(results, stale)
await mkdir(join(PROJECT, '.cache/mutation'), { recursive: true })
await writeFile(join(PROJECT, '.cache/mutation/results.json'), JSON.stringify(results, null, 1))
if (news !== '') say(`\nNot noticed by any test and not looked at, or looked at in vain:\n${news}`)
say(`\n${scoreText(results)}`)
say(`took ${inWords(performance.now() - started)}`)
const killed = (results.length - alive.length) / results.length
process.exit(news === '' && killed * 100 >= WANTED ? 0 : 1)

async function work(runner: RunnerProcess): Promise<void> {
  for (let trial: Trial | undefined = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
    const began = performance.now()
    const verdict = await tryMutant(trial, runner)
    results.push({
      mutant: trial.mutant,
      verdict,
      took: performance.now() - began,
      why: whyOf(reviewed, trial.mutant),
    })
    if (results.length % 100 === 0)
      say(`${results.length} of ${chosen.length}, ${inWords(performance.now() - started)}`)
  }
  runner.end()
}
