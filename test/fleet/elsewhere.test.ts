import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { type Typed, useReachedProject } from '../commands/reached/reached-project.ts'
import { cleanUp, laptop, oneLine, temporaryFolder } from '../containers/command-line.ts'
import { type PostgresServer, postgresServer } from '../journal/postgres-server.ts'

describe('a run whose giver is switched off', () => {
  const project = useReachedProject()
  let server: PostgresServer
  beforeAll(async () => {
    server = await postgresServer()
  }, 120_000)
  afterAll(() => server[Symbol.asyncDispose]())
  afterEach(cleanUp)

  it('is followed, approved and put back from another machine', async () => {
    const more = { RUNBOOK_STORE: await server.database() }
    await project.inventory('prod', { 'hv-01': { user: 'root' } })
    await project.write('runbooks/motd.ts', RUNBOOK)
    const worker = (await laptop(await temporaryFolder(), { more })).start('worker')
    await worker.said(/works for the store/)
    const elsewhere = await temporaryFolder()
    await mkdir(join(elsewhere, 'home'))
    const around = (command: string) =>
      `cd ${elsewhere}; export HOME=${elsewhere}/home XDG_STATE_HOME=${elsewhere}/state; ${command}`
    const type = (words: readonly string[], ...answers: readonly (readonly [RegExp, string])[]): Promise<Typed> =>
      project.typeAt(words, answers, { environment: more, around })
    const until = async (words: readonly string[], wanted: string) => {
      for (;;) {
        const { stdout } = await project.type(words, more)
        if (oneLine(stdout).includes(wanted)) return type(words)
        await setTimeout(250)
      }
    }

    const giver = (await laptop(project.folder, { more })).start('run', 'motd', '-i', 'prod', '--json')
    // Before the first answer of a host nobody knows that it was given to the workers.
    const { run } = await giver.reaches(({ type: kind }) => kind === 'planned')
    giver.kill()
    const waiting = await until(['status', run], 'waits for an approval')
    const approved = await type(['approve', run], [/\[y\/N\]/, 'y'])
    const done = await until(['status', run], 'the workers are done with it')
    const note = await project.sshd.inside('cat /etc/motd')
    const back = await type(['rollback', run], [/\[y\/N\]/, 'y'])
    const again = await type(['rollback', run])
    const after = await project.sshd.inside('cat /etc/motd')
    worker.kill()

    expect((await giver.ended).exitCode).toBeNull()
    expect(oneLine(waiting.stdout)).toContain(`waits for an approval: runbook approve ${run}`)
    expect(approved.exitCode).toBe(0)
    expect(oneLine(done.stdout)).toContain('1 changed')
    expect(note.stdout).toBe('Maintenance on Sunday\n')
    expect(oneLine(back.stdout)).toContain('1 rolled-back')
    expect([back.exitCode, after.stdout]).toEqual([0, ''])
    expect(oneLine(again.stdout)).toContain('has changed nothing that could be put back')
  }, 170_000)
})

const RUNBOOK = `
import { defineRunbook, needed, satisfied, sh, step } from 'runbook'
import { z } from 'zod'

export default defineRunbook({
  name: 'motd',
  summary: 'tell users of the maintenance',
  hosts: 'all',
  params: z.object({}).loose(),
  steps: () => [
    step({
      id: 'told',
      check: async (host) => {
        const { stdout } = await host.look\`cat /etc/motd\`
        return stdout.includes('Sunday') ? satisfied('users are told') : needed('tell users', null)
      },
      apply: async (host) => {
        await host.run(sh\`echo \${'Maintenance on Sunday'} >/etc/motd\`)
      },
      rollback: (host) => host.run(sh\`: >/etc/motd\`),
    }),
  ],
})
`
