import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import { cleanUp, type Laptop, laptop, oneLine, temporaryFolder } from '../command-line.ts'

/** A file with a word of the operator's in it, and an imperative command beside it. */
const RUNBOOK = `
import { defineRunbook, needed, once, satisfied, sh, step } from 'runbook'
import { z } from 'zod'

const greeting = (word) =>
  step({
    id: 'greeting-written',
    async check(host) {
      const file = await host.read('/etc/greeting')
      if (file.text === word + '\\n') return satisfied('it says ' + word)
      return needed('write ' + word, { before: file.fingerprint })
    },
    apply: (host, { before }) => host.write('/etc/greeting', word + '\\n', { replacing: before }),
    rollback: (host, { before }) => host.restore('/etc/greeting', before),
  })

export default defineRunbook({
  name: 'greet',
  summary: 'writes a greeting',
  hosts: 'all',
  params: z.object({ word: z.string().default('hello') }).loose(),
  steps: ({ word }) => [greeting(word), once({ id: 'rung', does: 'ring', command: sh\`true\` })],
})
`

describe('drift', () => {
  let set: ContainerSet
  let mine: Laptop
  let run = ''

  beforeAll(async () => {
    set = await upHosts({ count: 2, say: () => {}, mayInstall: async () => true })
    const project = await temporaryFolder()
    await mkdir(join(project, 'runbooks'))
    await writeFile(join(project, 'runbooks/greet.ts'), RUNBOOK)
    mine = await laptop(project)
  })

  afterAll(async () => {
    await set?.down()
    await cleanUp()
  })

  it('is none before anything was established', async () => {
    expect(await mine.type('drift')).toMatchObject({ exitCode: 0, stdout: 'No run has established anything yet.\n' })
  })

  it('is none behind a run: its parameters count, not the defaults, and a command that leaves nothing does not', async () => {
    const ran = await mine.type('run', 'greet', '-i', set.inventory, '-e', 'word=howdy', '--yes', '--json')
    run = ran.run

    const asked = await mine.type('drift')

    expect(ran.exitCode).toBe(0)
    expect(asked.exitCode).toBe(0)
    expect(oneLine(asked.stdout)).toMatch(new RegExp(`^greet, run ${run} of .*: 2 of 2 as it left them $`))
  })

  it('names the host and the step that are no longer as the run left them, and exits 8', async () => {
    await set.hosts[1]!.inside('echo goodbye >/etc/greeting')

    const asked = await mine.type('drift')
    const other = await mine.type('drift', 'greet', '-l', 'rb-01')
    const json = await mine.type('drift', '--json')

    expect(asked.exitCode).toBe(8)
    expect(oneLine(asked.stdout)).toMatch(/1 of 2 as it left them.*rb-02: .*greeting-written\s+write howdy/)
    expect(asked.stdout).not.toContain('rb-01')
    expect(other.exitCode).toBe(0)
    expect(json.json.at(-1)).toMatchObject({ type: 'drift', run, hosts: { 'rb-01': 'satisfied', 'rb-02': 'ready' } })
    expect((await set.hosts[1]!.inside('cat /etc/greeting')).stdout).toBe('goodbye\n')
  })

  it('is asked no more of what was rolled back', async () => {
    await set.hosts[1]!.inside('echo howdy >/etc/greeting')
    const back = await mine.type('rollback', run, '--yes')

    const asked = await mine.type('drift')

    expect(back.exitCode).toBe(0)
    expect(asked).toMatchObject({ exitCode: 0, stdout: 'No run that still holds came to these hosts.\n' })
  })

  it('of a runbook that never ran is a mistake, with the one that was meant', async () => {
    const asked = await mine.type('drift', 'gret')

    expect(asked.exitCode).toBe(2)
    expect(oneLine(asked.stderr)).toContain('no run of gret is in this journal. Did you mean "greet"?')
  })
})
