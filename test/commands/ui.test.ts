import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { FAILING } from '../reporter/report/told.ts'
import { storedRun } from './stored-run.ts'
import { type TemporaryProject, temporaryProject } from './temporary-project.ts'

let project: TemporaryProject
beforeAll(async () => {
  project = await temporaryProject()
})
afterAll(() => project.remove())

describe('the page of a project', () => {
  it('has nothing to show before the first run', async () => {
    const { exitCode, stderr } = await project.type(['ui'])

    expect(stderr).toContain('this project has no runs yet')
    expect(exitCode).toBe(2)
  })

  it('is at the address that is printed, until Ctrl-C', async () => {
    await storedRun(project, ...FAILING)
    const main = resolve(import.meta.dirname, '../../src/main.ts')
    const program = spawn(process.execPath, [main, 'ui'], {
      cwd: project.folder,
      env: { ...process.env, XDG_STATE_HOME: project.state },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [address] = await once(createInterface(program.stdout), 'line')
    const { origin, hash } = new URL(address)

    const entered = await fetch(`${origin}/api/session`, {
      method: 'POST',
      headers: { authorization: `Bearer ${hash.slice(1)}` },
    })
    // It shows what it is given as JSON, and this is its shape.
    const { session } = (await entered.json()) as { session: string }
    const told = await fetch(`${origin}/api/runs`, { headers: { authorization: `Bearer ${session}` } })
    program.kill('SIGINT')
    const [exitCode] = await once(program, 'exit')

    expect(await told.json()).toMatchObject({ runs: [{ run: 'r1', runbook: 'toy', hosts: 4 }] })
    expect(exitCode).toBe(0)
  })
})
