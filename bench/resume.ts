/**
 * What a long run that broke off costs whoever comes after it: `node bench/resume.ts [--hosts 10000] [--rounds 5]`, with
 * nothing else running. Half of its hosts came to their end; its journal has ten rows for each host. Milliseconds, each
 * of a whole process from its start.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { median, printJson, printTable } from './measure/figures.ts'
import { timesOf } from './measure/programs.ts'
import { makeBrokenRun } from './resume/broken-run.ts'

const RUNBOOK = resolve(import.meta.dirname, '../runbook')

const { values } = parseArgs({
  options: { hosts: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '5' } },
})
const folder = mkdtempSync(join(tmpdir(), 'runbook-bench-'))
const door = createServer((socket) => socket.destroy())
try {
  await new Promise<void>((listening) => door.listen(0, '127.0.0.1', listening))
  const address = door.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const environment = { PATH: process.env.PATH, HOME: process.env.HOME, XDG_STATE_HOME: join(folder, 'state') }
  const { run, rows } = await makeBrokenRun(folder, { hosts: Number(values.hosts), port, environment })
  const rounds = Number(values.rounds)
  const times = (...words: string[]) => timesOf([RUNBOOK, ...words], { folder, environment, rounds }).wall
  const dialled: number[] = []
  for (let round = 0; round <= rounds; round += 1) dialled.push(await untilDialled(run, environment))
  const figures = {
    'runbook status': times('status'),
    [`runbook status ${run}`]: times('status', run),
    'runbook runs': times('runs'),
    [`runbook resume ${run}, until the first host is dialled`]: median(dialled.slice(1)),
  }
  printTable([`${values.hosts} hosts, ${rows} rows`, 'milliseconds'], Object.entries(figures))
  printJson({ hosts: Number(values.hosts), rows, figures })
} finally {
  door.close()
  rmSync(folder, { recursive: true })
}

/** Resumes, and stops it as a signal does as soon as it has decided whom to go on with. */
async function untilDialled(run: string, env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const begin = performance.now()
  const words = ['resume', run, '--yes', '--concurrency', '1']
  const child = spawn(RUNBOOK, words, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const ended = once(child, 'exit')
  const early = ended.then(([code]) => {
    throw new Error(`exit ${code} before it dialled: ${said}`)
  })
  await Promise.race([once(door, 'connection'), early])
  const wall = performance.now() - begin
  early.catch(() => {})
  child.kill('SIGKILL')
  await ended
  return wall
}
