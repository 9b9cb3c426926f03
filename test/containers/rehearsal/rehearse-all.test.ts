import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dockerEngine } from '../../../src/rehearsal/docker-engine.ts'
import { SET_LABEL } from '../../../src/rehearsal/hosts/container-labels.ts'
import { cleanUp, type Ended, type Laptop, laptop, temporaryFolder } from '../command-line.ts'

const TOYS = join(import.meta.dirname, 'toys')

let folder: string
let here: Laptop

beforeAll(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder, 'runbooks'))
  for (const name of ['sneaky-audit', 'untidy']) {
    await cp(join(TOYS, `${name}.ts`), join(folder, 'runbooks', `${name}.ts`))
  }
  await writeFile(
    join(folder, 'runbooks/sneaky-audit.rehearsal.yaml'),
    'containers: { real: [looked-at] }\nvariants: { sneaky: { params: { sneaks: true } } }\n',
  )
  here = await laptop(folder)
})

afterAll(cleanUp)

describe('a rehearsal of all runbooks', () => {
  let ended: Ended
  beforeAll(async () => {
    ended = await here.type('rehearse', '--all', '--yes', '--seed', '7')
  })

  it('ends with a table of every runbook and variant, in the order of their names, and with exit 3', () => {
    const lines = ended.stdout.split('\n')
    const table = lines.slice(lines.findIndex((line) => /^runbook +verdict +time$/.test(line)))

    expect(table.slice(1).map((line) => line.replace(/ +(?=\S+$)/, ' ').replace(/\d+m?s( \d+s)?/, 'TIME'))).toEqual([
      expect.stringMatching(/^sneaky-audit {9}proved +/),
      expect.stringMatching(/^sneaky-audit sneaky {2}failed: plan leaves no trace, run/),
      expect.stringMatching(/^untidy {15}failed: rollback/),
      '',
      expect.stringMatching(
        /^rehearsals: 1 passed, 2 failed, in .*, seed 7. Steps: 2 real, 1 emulated, 0 not exercised.$/,
      ),
      '',
    ])
    expect(ended.exitCode).toBe(3)
  })

  it('says act by act what was shown of each, and kills the controller unasked', () => {
    expect(ended.stdout).toMatch(/^untidy\n(.+\n)* {2}✓ drill kill: seed 7: \d kills? \(.*; same end\n/m)
    expect(ended.stdout).toContain('✗ rollback: after the rollback: added /etc/toy-forgotten')
  })
})

describe('a rehearsal', () => {
  it('takes its hosts down at Ctrl-C', async () => {
    const going = here.start('rehearse', '--all', '--yes', '--json')
    await going.said(/hosts up/)

    going.interrupt()
    const ended = await going.ended

    expect(ended.exitCode).toBe(130)
    expect(await setsOf(going.pid)).toEqual([])
  })

  it.each([
    [['rehearse'], 'name a runbook, or say --all'],
    [['rehearse', 'untidy', '--all', '--keep', '-e', 'a=1'], 'it goes without the name untidy'],
    [['rehearse', 'sneaky-audit', 'sneeky'], 'there is no variant "sneeky". Variants: sneaky. Did you mean "sneaky"?'],
    [['rehearse', 'untidy', '--drill', 'kil'], 'the drills are kill, reboot'],
  ])('is refused before any host is up: %j', async (words, fault) => {
    const { exitCode, stderr } = await here.type(...words, '--yes')

    expect(stderr).toContain(fault)
    expect(stderr).not.toContain('bring up')
    expect(exitCode).toBe(2)
  })
})

/** Sets of hosts that a process made and that are still there. */
async function setsOf(pid: number | undefined): Promise<readonly string[]> {
  const engine = await dockerEngine({ say: () => {}, mayInstall: async () => true })
  const labels = await engine.docker(['ps', '--all', '--format', `{{.Label "${SET_LABEL}"}}`])
  await engine.leave()
  return labels.split('\n').filter((set) => set.startsWith(`p${pid}-`))
}
