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
        /^rehearsals: 1 passed, 2 failed, in .*, seed 7. Steps: 2 real, 1 emulated, 0 not here, 0 not exercised.$/,
      ),
      '',
    ])
    expect(ended.exitCode).toBe(3)
  })

  it('says of an audit that there is nothing to kill and nothing to put back', () => {
    expect(blockOf('sneaky-audit')).toEqual([
      '✓ set-up: 2 hosts up',
      '✓ plan leaves no trace: the plan changed no file and nothing that runs',
      '✓ run: it had nothing to change, and changed nothing',
      '✓ restarts: none, by the hosts’ own count',
      '✓ run again: nothing to do, and nothing was done',
      '✓ rollback: there was no change to put back',
      '✓ drill kill: there was no change to kill a controller in',
      '✓ drill rescue: there was no change to take back',
      'looked-at  real',
    ])
  })

  it('fails an audit that leaves a trace after all', () => {
    const block = blockOf('sneaky-audit sneaky')

    expect(block).toContainEqual(
      expect.stringMatching(/^✗ plan leaves no trace: rb-01: the plan added \/etc\/left-by-a/),
    )
    expect(block).toContainEqual(
      expect.stringMatching(/^✗ run: rb-01 had nothing to change, but the run changed \/etc/),
    )
  })

  it('fails a rollback that leaves a file or a setting behind, and kills the controller unasked', () => {
    const block = blockOf('untidy')

    expect(block).toContainEqual(expect.stringMatching(/^✗ rollback: after the rollback: added \/etc\/toy-forgotten /))
    expect(block).toContain('after the rollback: changed link lo (mtu 9000)')
    expect(block).toContainEqual(expect.stringMatching(/^✓ drill kill: seed 7: [1-4] kills? \(.*\).*; same end$/))
    // What a rollback forgets, the host does not.
    expect(block).toContain('✓ drill rescue: 2 files as before')
  })

  /** What was said of one of them. */
  function blockOf(name: string): readonly string[] {
    const lines = ended.stdout.split('\n')
    const from = lines.indexOf(name) + 1
    const block = lines.slice(from)
    const end = block.findIndex((line, index) => /^\S/.test(line) && index > 0)
    return block
      .slice(0, end)
      .map((line) => line.trim())
      .filter((line) => line !== '')
  }
})

describe('a rehearsal', () => {
  it('takes its hosts down at Ctrl-C, and says what it has as JSON lines alone', async () => {
    const going = here.start('rehearse', '--all', '--yes', '--json')
    await going.said(/hosts up/)

    going.interrupt()
    const ended = await going.ended

    expect(ended.exitCode).toBe(130)
    const lines = ended.stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).type)).toEqual([
      ...ended.json.slice(1).map(() => 'verdict'),
      'rehearsals',
    ])
    expect(await setsOf(going.pid)).toEqual([])
  })

  it.each([
    [['rehearse'], 'name a runbook, or say --all'],
    [['rehearse', 'untidy', '--all', '--keep', '-e', 'a=1'], 'it goes without the name untidy'],
    [['rehearse', 'sneaky-audit', 'sneeky'], 'there is no variant "sneeky". Variants: sneaky. Did you mean "sneaky"?'],
    [['rehearse', 'untidy', '--drill', 'kil'], 'the drills are kill, reboot, rescue'],
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
