import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { widthOf } from '../../src/commands/reaching/open-files.ts'
import { useReachedProject } from '../commands/reached/reached-project.ts'

const MAIN = resolve(import.meta.dirname, '../../src/main.ts')
const HOSTS = 32

const RUNBOOK = `import { defineRunbook, needed, satisfied, step } from 'runbook'
import { z } from 'zod'

const marked = step({
  id: 'marked',
  check: async (host) => (await host.read('/etc/marked-' + host.name)).state === 'present' ? satisfied('it is') : needed('mark it', null),
  apply: async () => {},
  undo: async () => {},
})

export default defineRunbook({ name: 'mark', summary: 'Mark it', hosts: 'all', params: z.object({}), steps: () => [marked] })
`

describe('how many hosts are open at a time', () => {
  it.each([
    [undefined, null, 50, null],
    [undefined, 1024, 50, null],
    [undefined, 256, 36, 36],
    [400, 1024, 164, 164],
    [8, 64, 4, 4],
    [8, 10, 1, 1],
  ])('is, of %j asked for and %j files, %i', (asked, files, concurrency, said) => {
    const width = widthOf(asked, files)

    expect(width.concurrency).toBe(concurrency)
    expect(width.warning ?? null).toEqual(said === null ? null : expect.stringContaining(`${said} hosts are open`))
  })
})

describe('a process that may open few files', () => {
  const project = useReachedProject()

  it('takes more hosts than fit one after the other, and says so', async () => {
    await project.write('runbooks/mark.ts', RUNBOOK)
    await project.inventory(
      'fleet',
      Object.fromEntries(Array.from({ length: HOSTS }, (_, n) => [`w-${n}`, { user: 'root' }])),
    )

    const words = [MAIN, 'plan', 'mark', '-i', 'fleet', '--json']

    const { exitCode, stdout, stderr } = await limited(52, words)

    expect(stderr).toContain('this process may open 52 files, so 2 hosts are open at a time instead of 50')
    expect([exitCode, stdout.match(/"state":"ready"/g)?.length]).toEqual([0, HOSTS])
  }, 60_000)

  function limited(files: number, words: readonly string[]) {
    const { PATH = '', HOME = '' } = process.env
    const env = { PATH, HOME, XDG_STATE_HOME: join(project.folder, 'state') }
    return new Promise<{ exitCode: number; stdout: string; stderr: string }>((done) => {
      execFile(
        'sh',
        ['-c', `ulimit -n ${files}; exec "$0" "$@"`, process.execPath, ...words],
        { cwd: project.folder, env },
        (error, stdout, stderr) => done({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      )
    })
  }
})
