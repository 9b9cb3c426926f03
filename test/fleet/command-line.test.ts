import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { readAddress } from '../../src/commands/fleet/open-store.ts'
import { cleanUp, laptop, oneLine, temporaryFolder } from '../containers/command-line.ts'
import { type PostgresServer, postgresServer } from '../journal/postgres-server.ts'

describe('the address of a store', () => {
  it.each([
    ['postgres://runbook@db/runbook', 'postgres://runbook@db/runbook', null],
    [
      'postgres://runbook@db/runbook?password=env:PG&sslmode=verify-full',
      'postgres://runbook@db/runbook?sslmode=verify-full',
      'env:PG',
    ],
    [
      'postgres://me@/runbook?host=/run/postgresql&password=file:/etc/pw',
      'postgres://me@/runbook?host=/run/postgresql',
      'file:/etc/pw',
    ],
    ['postgresql://db/runbook?password=env:PG', 'postgresql://db/runbook', 'env:PG'],
  ])('%s is told apart from the password that it names', (address, url, reference) => {
    expect(readAddress(address)).toEqual({ url, reference })
  })

  it.each([
    'postgres://me:hunter2@db/runbook',
    'postgres://db/runbook?password=hunter2',
    'mysql://hunter2@db',
    'postgres://hunter2@:x:',
  ])('is refused where it is none or has a password in it, which is not repeated: %#', (address) => {
    expect(() => readAddress(address)).toThrow(/^(?!.*hunter2)/)
  })
})

describe('the command line on a store', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await postgresServer()
  }, 120_000)
  afterAll(() => server[Symbol.asyncDispose]())
  afterEach(cleanUp)

  it('gives a run to a worker, follows it, and knows it from any other place', async () => {
    const more = { RUNBOOK_STORE: await server.database() }
    const project = await temporaryFolder()
    await writeFile(join(project, 'noted.ts'), RUNBOOK)
    const mine = await laptop(project, { more })
    const other = await laptop(await temporaryFolder(), { more })
    const worker = (await laptop(await temporaryFolder(), { more })).start('worker')
    await worker.said(/works for the store/)

    // Nothing listens there: what a host answers is not what this test is about.
    const followed = await mine.type('run', './noted.ts', '-i', '127.0.0.1:1,', '--yes', '--json')
    const [status, report, runs, paused] = [
      await other.type('status', followed.run),
      await other.type('report', followed.run, '--format', 'markdown'),
      await other.type('runs'),
      await other.type('pause', followed.run),
    ]
    worker.kill()

    expect(followed).toMatchObject({ exitCode: 4, report: { counts: { unreachable: 1 } } })
    expect(followed.rows.map(({ type }) => type)).toEqual(['run', 'planned', 'control'])
    expect(oneLine(status.stdout)).toContain('the workers are done with it')
    expect(report.stdout).toContain(`run \`${followed.run}\`: 1 unreachable`)
    expect(runs.stdout).toContain(followed.run)
    expect(paused).toMatchObject({ exitCode: 0 })
    expect(oneLine(paused.stderr)).toContain('the workers are done with it')
  }, 240_000)

  it('asks nobody for what only a store can do', async () => {
    const alone = await laptop(await temporaryFolder())

    const ends = [await alone.type('worker'), await alone.type('run', 'x', '-i', 'hv-01,', '--spread', 'rack')]

    expect(ends.map(({ exitCode }) => exitCode)).toEqual([2, 2])
    expect(oneLine(ends[0]?.stderr ?? '')).toContain('no store was named')
    expect(oneLine(ends[1]?.stderr ?? '')).toContain('name it with --store')
  }, 120_000)
})

const RUNBOOK = `
import { defineRunbook, needed, satisfied, step } from 'runbook'
import { z } from 'zod'

export default defineRunbook({
  name: 'noted',
  summary: 'leaves a note',
  hosts: 'all',
  params: z.object({}).loose(),
  steps: () => [step({ id: 'noted', check: async () => needed('note', null), apply: async () => {} })],
})
`
