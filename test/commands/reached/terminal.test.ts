import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useReachedProject } from './reached-project.ts'

const project = useReachedProject()
/** Files by which a command on the host and a shell at the terminal wait for each other. */
const at = (name: string) => join(project.folder, name)

beforeAll(async () => {
  await project.inventory('fleet', { 'w-1': {} })
  await project.write(
    'runbooks/slow.ts',
    slow(`touch ${at('working')}; while [ ! -e ${at('go')} ]; do sleep 0.05; done`),
  )
  await project.write('runbooks/stubborn.ts', slow(`trap "" TERM; touch ${at('working')}; sleep 5`, 'stubborn'))
})
beforeEach(() => {
  for (const name of ['working', 'go', 'code']) rmSync(at(name), { force: true })
})

const slow = (text: string, name = 'slow') => `import { defineRunbook, needed, sh, step } from 'runbook'
import { z } from 'zod'

const worked = step({
  id: 'worked-for-as-long-as-somebody-looks-at-the-terminal',
  check: async (host) => {
    const { exitCode } = await host.look\`test -e /run/worked\`
    return exitCode === 0 ? { state: 'satisfied', because: 'it has worked', notes: [] } : needed('work', null)
  },
  apply: async (host) => { await host.run(sh\`${text}; touch /run/worked\`) },
  undo: async () => {},
})

export default defineRunbook({ name: '${name}', summary: 'Work', hosts: 'all', params: z.object({}), steps: () => [worked] })
`

const run = (name: string) => ['run', name, '-i', 'fleet', '--yes']
const afresh = () => project.sshd.inside('rm -f /run/worked')
const onceWorking = (doing: string) => `(while [ ! -e ${at('working')} ]; do sleep 0.05; done; ${doing}) &`

describe('a terminal', () => {
  it.each([
    ['that says TERM=dumb', { TERM: 'dumb' }, ''],
    ['that does not know its size, as a serial console,', { NO_COLOR: '1' }, 'stty cols 0 rows 0; '],
  ])('%s gets nothing but text, a line for each event', async (_which, environment, first) => {
    await afresh()

    const { stdout, exitCode } = await project.typeAt(run('slow'), [], {
      environment,
      around: (command) => `${first}${onceWorking(`touch ${at('go')}`)} ${command}`,
    })

    expect(stdout).not.toContain('\u001b')
    expect(stdout).toMatch(/^w-1: .*worked-for-as-long/m)
    expect(exitCode).toBe(0)
  })

  it('of somebody who sets NO_COLOR is drawn on without colours', async () => {
    await afresh()

    const { stdout, exitCode } = await project.typeAt(run('slow'), [], {
      environment: { NO_COLOR: '1' },
      around: (command) => `${onceWorking(`touch ${at('go')}`)} ${command}`,
    })

    expect(stdout.match(/\u001b\[[0-9;]*m/g)).toBeNull()
    expect(stdout).toContain('\u001b[')
    expect(exitCode).toBe(0)
  })

  it('that becomes narrow while a run goes on is drawn on within its width from then on', async () => {
    await afresh()
    const narrow = `stty -F /dev/tty cols 40; printf NARROW >/dev/tty; sleep 0.7; touch ${at('go')}`

    const { stdout, exitCode } = await project.typeAt(run('slow'), [], {
      around: (command) => `stty cols 120 rows 30; ${onceWorking(narrow)} ${command}`,
    })

    const [before = '', after = ''] = stdout.split('NARROW')
    const widest = (text: string) =>
      Math.max(
        ...stripVTControlCharacters(text)
          .split(/[\r\n]+/)
          .map((line) => line.trimEnd().length),
      )
    expect(after).toContain('w-1: worked-for')
    expect([widest(before) > 40, widest(after) <= 40, exitCode]).toEqual([true, true, 0])
  })
})

describe('a reader that goes away', () => {
  it('does not stop a run, which comes to its end as if it were there', async () => {
    await afresh()
    const piped = (command: string) => `
      { ${command} 2>&1; echo $? >${at('code')}; } | { head -n 1; exec <&-; touch ${at('go')}; }`

    const { stdout } = await project.sh(piped, [...run('slow'), '--json'])

    expect(stdout.split('\n')).toHaveLength(2)
    expect(readFileSync(at('code'), 'utf8')).toBe('0\n')
    expect((await project.sshd.inside('ls /run/worked')).exitCode).toBe(0)
    expect(existsSync(at('working'))).toBe(true)
  })

  it('gets a beginning and no complaint from a verb that only reads', async () => {
    const { stdout, stderr } = await project.sh((command) => `${command} | head -n 1`, ['status'])

    expect(stdout.split('\n')).toHaveLength(2)
    expect(stderr).toBe('')
  })
})

// Last, for the run stays the owner of the host.
describe('a run that is left at the third Ctrl-C', () => {
  it('leaves the terminal as it was before', async () => {
    await afresh()
    const settings = (name: string) => `stty -a >${at(name)}`

    const { stdout } = await project.typeAt(
      run('stubborn'),
      [
        [/UNDER WAY/, '\u0003'],
        [/Stopping after the step/, '\u0003'],
        [/Ending the commands/, '\u0003'],
      ],
      {
        around: (command) =>
          `trap : INT; ${settings('before')}; ${onceWorking('printf "UNDER WAY" >/dev/tty')} ${command}; echo $? >${at('code')}; ${settings('after')}`,
      },
    )

    expect(readFileSync(at('after'), 'utf8')).toBe(readFileSync(at('before'), 'utf8'))
    expect(stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?25l'))
    expect(stdout).toContain('Leaving at once; what runs on the hosts goes on.')
    expect(readFileSync(at('code'), 'utf8')).toBe('130\n')
  })
})
