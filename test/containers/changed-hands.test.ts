import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Recorded } from '../../src/model/event.ts'
import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import { cleanUp, laptop, oneLine, temporaryFolder } from './command-line.ts'

/** Two files, and between them a command that waits for the test. */
const RUNBOOK = `import { defineRunbook, needed, satisfied, step } from 'runbook'
import { z } from 'zod'

const written = (id: string) =>
  step<{ before: string }>({
    id,
    async check(host) {
      const file = await host.read('/etc/' + id)
      return file.text === 'new\\n' ? satisfied('it is new') : needed('write it', { before: file.fingerprint })
    },
    apply: (host, { before }) => host.write('/etc/' + id, 'new\\n', { replacing: before }),
    rollback: (host, { before }) => host.restore('/etc/' + id, before),
  })

const held = step<null>({
  id: 'held',
  check: async (host) => ((await host.read('/run/held')).text === '' ? needed('wait', null) : satisfied('let go')),
  apply: (host) => host.run\`until [ -e /run/go-on ]; do sleep 0.2; done; echo yes >/run/held\`,
})

export default defineRunbook({
  name: 'handed',
  summary: 'Two files and a wait',
  hosts: 'all',
  params: z.object({}).loose(),
  steps: () => [written('first'), held, written('second')],
})
`

let set: ContainerSet

beforeAll(async () => {
  set = await upHosts({ count: 2, say: () => {}, mayInstall: async () => true })
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

it('a run whose controller died goes on from another journal, once its hosts were taken from the first', async () => {
  const [host] = set.hosts
  const [project, elsewhere] = await Promise.all([temporaryFolder(), temporaryFolder()])
  await mkdir(join(project, 'runbooks'))
  await writeFile(join(project, 'runbooks/handed.ts'), RUNBOOK)
  const [mine, other] = await Promise.all([laptop(project), laptop(elsewhere)])
  const file = join(elsewhere, 'handed.run')
  const files = () => Promise.all(set.hosts.map(async (one) => (await one.inside(LOOK)).stdout.trim()))
  const going = mine.start('run', 'handed', '-i', set.inventory, '--batch', '1', '--yes', '--json')
  const { run } = await going.reaches((row: Recorded) => row.type === 'intent' && row.step === 'held')
  const whileHeld = await mine.type('runs', 'export', run, file)
  going.kill()
  await going.ended

  const exported = await mine.type('runs', 'export', run, file)
  const imported = await other.type('runs', 'import', file)
  const refused = await other.type('resume', run, '--yes', '--json')
  const before = await files()
  const unlocked = await other.type('unlock', run, '--yes')
  for (const one of set.hosts) await one.inside('touch /run/go-on')
  const resumed = await other.type('resume', run, '--yes', '--json')
  const after = await files()
  const verified = await other.type('log', run, '--verify')
  const back = await other.type('rollback', run, '--yes', '--json')

  expect([whileHeld.exitCode, exported.exitCode, imported.exitCode]).toEqual([6, 0, 0])
  expect(imported.stderr).toContain(`${host?.name}: owned, as far as its rows say, by the journal that it comes from`)
  expect(refused.report?.hosts[0]).toMatchObject({ host: host?.name, result: 'failed', code: 'E_LOCKED' })
  expect(refused.report?.hosts[0]?.remedy).toContain(`runbook unlock ${run}`)
  expect(before).toEqual(['first', ''])
  expect(oneLine(unlocked.stderr)).toMatch(/unlocked, epoch \d+; ended: held/)
  expect(resumed.report?.hosts.map(({ result }) => result)).toEqual(['changed', 'changed'])
  expect(after).toEqual(['first second', 'first second'])
  expect(verified.exitCode).toBe(0)
  expect(back.report?.hosts.map(({ result }) => result)).toEqual(['rolled-back', 'rolled-back'])
  expect(await files()).toEqual(['', ''])
})

const LOOK = 'cd /etc; for one in first second; do [ -e $one ] && printf "%s " $one; done; true'
