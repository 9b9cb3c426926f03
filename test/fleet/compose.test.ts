import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type Composed, composed } from './composed.ts'

const HOME = resolve(import.meta.dirname, '../..')
const PACKAGE = '/usr/local/lib/node_modules/runbook'

let site: Composed
beforeAll(async () => {
  site = await composed()
}, 600_000)
afterAll(() => site?.[Symbol.asyncDispose]())

const controller = (...words: readonly string[]) => site.compose('run', '--rm', '-T', 'controller', ...words)

describe('the image', () => {
  it('holds the package and nothing of a checkout, for a user who may write nowhere else', async () => {
    const { version } = JSON.parse(await readFile(join(HOME, 'package.json'), 'utf8'))
    const laidOut = await filesOf(join(HOME, '.cache/package'))
    const inside = (...words: string[]) => site.compose('run', '--rm', '-T', '--entrypoint', ...words)

    const said = await controller('--version')
    const files = await inside('find', 'worker', PACKAGE, '-type', 'f', '-printf', '%P\\n')
    const place = await inside('sh', 'worker', '-c', WRITES)

    const found = files.split('\n').map((line) => line.trim())
    expect(said.trim()).toBe(version)
    expect(found.filter((path) => path !== '' && !path.startsWith('node_modules/')).toSorted()).toEqual(laidOut)
    expect(found.filter((path) => /^node_modules\/(vitest|typescript|@biomejs)\//.test(path))).toEqual([])
    expect(place.split('\n').map((line) => line.trim())).toEqual(['10001', '/tmp', '/var/lib/runbook-worker', ''])
  })
})

describe('workers of compose', () => {
  beforeAll(() => site.compose('up', '--detach'), 60_000)

  /** Gives a run, follows it, and resolves with how it ended. */
  const give = async (name: string, commands: readonly string[], inventory = 'prod') => {
    await writeFile(join(site.project, `${name}.ts`), runbookOf(name, commands))
    const said = await controller('run', `./${name}.ts`, '-i', inventory, '--yes', '--json')
    const lines = said.split('\n').filter((line) => line.startsWith('{'))
    return lines.map((line) => JSON.parse(line)).find(({ type }) => type === 'report')
  }
  const times = async (worker: string, line: string) =>
    (await site.said(worker)).filter((each) => each.includes(line)).length

  /** How often each worker, in their order, has said so; waited for. */
  const said = async (line: string, ...wanted: readonly number[]) => {
    const workers = await site.workers()
    const counts = () => Promise.all(workers.map((worker) => times(worker, line)))
    await expect.poll(counts, SOON).toEqual(wanted)
  }

  it("are two, and do runs that are given by who has no key of the host, also over the system's ssh", async () => {
    const reports = [await give('told', ['date >>/etc/told']), await give('more', ['date >>/etc/more'], 'by-ssh')]

    await said(JOINED, 1, 1)
    expect(reports.map(({ exitCode, counts }) => [exitCode, counts.changed])).toEqual([
      [0, 1],
      [0, 1],
    ])
    expect(await onHost('cd /etc; wc -l <told; wc -l <more')).toBe('1\n1\n')
  }, 120_000)

  it('are started anew when they are killed, and when their lease ran out', async () => {
    const [killed = '', other = ''] = await site.workers()
    await said(JOINED, 1, 1)

    await site.docker('exec', killed, 'sh', '-c', 'kill -9 -1')
    await said(JOINED, 2, 1)
    // One says so before the store knows it. Whoever is killed stays there.
    await expect.poll(() => site.server.sql('SELECT FROM runbook.workers', site.database), SOON).toHaveLength(3)
    await site.server.sql("UPDATE runbook.workers SET until = '-infinity', lease = '0'", site.database)
    await said(JOINED, 3, 2)

    expect([await site.ends(killed), await site.ends(other)]).toEqual([[137, 75], [75]])
  }, 120_000)

  it('finish the step in hand when they are told to stop, and go on behind it', async () => {
    const going = give('held', [`touch /run/begun; ${UNTIL_GO}; date >>/etc/held`, 'date >>/etc/behind'])
    await expect.poll(() => onHost('ls /run/begun'), SOON).toBe('/run/begun\n')

    const stopping = site.compose('stop')
    await said('Finishing the steps in hand', 1, 1)
    await onHost('touch /run/go')
    await stopping

    const workers = await site.workers()
    const ends = await Promise.all(workers.map(site.ends))
    expect(await site.docker('inspect', '--format', '{{.Config.StopTimeout}}', ...workers)).toBe('900\n900\n')
    expect(ends.map((codes) => codes.at(-1))).toEqual([143, 143])
    expect(await onHost('cd /etc; wc -l held; ls behind')).toBe('1 held\n')
    await site.compose('start')
    expect(await going).toMatchObject({ exitCode: 0, counts: { changed: 1 } })
    expect(await onHost('cd /etc; cat held behind | wc -l')).toBe('2\n')
  }, 120_000)
})

const onHost = async (script: string) => (await site.host.inside(script)).stdout

/** Never waited for in full but on a machine that is busy with more. */
const SOON = { timeout: 60_000, interval: 200 }
const JOINED = 'works for the store'
const UNTIL_GO = 'while ! [ -e /run/go ]; do sleep 0.1; done'

/** Whose name it has, and the places of these that can be written. */
const WRITES = `id -u; for each in /tmp /var/lib/runbook-worker /home/runbook /project ${PACKAGE} /etc/runbook/ssh; do
  touch $each/x 2>/dev/null && echo $each
done; true`

/** Each step does its command once. */
const runbookOf = (name: string, commands: readonly string[]) => `
import { defineRunbook, needed, satisfied, sh, step } from 'runbook'
import { z } from 'zod'

export default defineRunbook({
  name: '${name}',
  summary: 'commands, each of them once',
  hosts: 'all',
  params: z.object({}).loose(),
  steps: () => ${JSON.stringify(commands)}.map((command, index) => step({
    id: 'command-' + index,
    check: async (host) => {
      const { exitCode } = await host.look\`test -e \${'/var/lib/${name}-' + index}\`
      return exitCode === 0 ? satisfied('it ran') : needed('run it', null)
    },
    apply: (host) => host.run(sh\`sh -c \${command + '; touch /var/lib/${name}-' + index}\`),
  })),
})
`

async function filesOf(place: string): Promise<readonly string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(place.length + 1)).toSorted()
}
