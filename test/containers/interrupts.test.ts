import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Recorded } from '../../src/model/event.ts'
import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'
import { cleanUp, laptop, temporaryFolder } from './command-line.ts'

/** One long command, then a short one. */
const RUNBOOK = `
import { defineRunbook, needed, satisfied, sh, step } from 'runbook'
import { z } from 'zod'

const made = (path, command) =>
  step({
    id: path.slice(5).replace('/', '-'),
    check: async (host) => (await host.read(path)).state === 'present' ? satisfied('made') : needed('make ' + path, null),
    apply: (host) => host.run(command),
  })

export default defineRunbook({
  name: 'slow',
  summary: 'takes its time',
  hosts: 'all',
  params: z.object({}).loose(),
  steps: () => [made('/etc/slow', sh\`sleep 12 && touch /etc/slow\`), made('/etc/later', sh\`touch /etc/later\`)],
})
`

const began = (row: Recorded) => row.type === 'intent' && row.step === 'slow'
const there = async (host: ContainerHost, path: string) => (await host.inside(`test -e ${path}`)).exitCode === 0
const sleeps = async (host: ContainerHost) => (await host.inside("pgrep -f '^sleep 12'")).exitCode === 0

describe('Ctrl-C', { concurrent: true }, () => {
  let set: ContainerSet
  let project: string

  beforeAll(async () => {
    set = await upHosts({ count: 3, say: () => {}, mayInstall: async () => true })
    project = await temporaryFolder()
    await mkdir(join(project, 'runbooks'))
    await writeFile(join(project, 'runbooks/slow.ts'), RUNBOOK)
  })

  afterAll(async () => {
    await set?.down()
    await cleanUp()
  })

  const running = async (index: number) => {
    const mine = await laptop(project)
    const host = set.hosts[index]!
    const run = mine.start('run', 'slow', '-i', set.inventory, '-l', host.name, '--yes', '--json')
    await run.reaches(began)
    // Long enough for the command itself to have begun on the host.
    await sleep(1_500)
    return { mine, host, run }
  }

  it('once finishes the step in hand, begins no other and prints the line that resumes', async () => {
    const { mine, host, run } = await running(0)

    run.interrupt()
    const ended = await run.ended

    expect(ended.exitCode).toBe(130)
    expect(ended.stderr).toContain(`runbook resume ${ended.run}`)
    expect(await there(host, '/etc/slow')).toBe(true)
    expect(await there(host, '/etc/later')).toBe(false)
    const resumed = await mine.type('resume', ended.run, '--yes', '--json')
    expect(resumed.report?.hosts[0]).toMatchObject({ result: 'changed' })
    expect(await there(host, '/etc/later')).toBe(true)
  })

  it('twice ends the command on the host too', async () => {
    const { mine, host, run } = await running(1)

    run.interrupt()
    await sleep(500)
    run.interrupt()
    const ended = await run.ended

    expect(ended.exitCode).toBe(130)
    expect(await sleeps(host)).toBe(false)
    expect(await there(host, '/etc/slow')).toBe(false)
    const resumed = await mine.type('resume', ended.run, '--yes', '--json')
    expect(resumed.report?.hosts[0]).toMatchObject({ result: 'changed' })
  })

  it('three times goes at once; the command goes on and is met by a resume, not run again', async () => {
    const { mine, host, run } = await running(2)

    run.interrupt()
    run.interrupt()
    run.interrupt()
    const ended = await run.ended
    const resumed = await mine.type('resume', ended.run || run.rows[0]!.run, '--yes', '--json')

    expect(ended.exitCode).toBe(130)
    expect(ended.stderr).toContain('runbook resume')
    expect(resumed.report?.hosts[0]).toMatchObject({ result: 'changed' })
    expect(await there(host, '/etc/later')).toBe(true)
  })
})
