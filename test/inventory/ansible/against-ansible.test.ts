import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'

import { needPrograms } from '../../../src/rehearsal/docker/packages.ts'
import { ANSIBLE, askAnsible, askOurs, comparedAnswer, temporaryFolder } from './both.ts'
import { inventories } from './generated.ts'

const SHAPES = join(import.meta.dirname, 'shapes')

const shapes = [
  { what: 'an OpenStack cloud on many nodes', folder: 'multinode', inventory: 'inventory/multinode' },
  { what: 'a Kubernetes cluster in YAML', folder: 'kubernetes', inventory: 'inventory/blue/hosts.yaml' },
  { what: 'a storage cluster with priorities', folder: 'storage', inventory: 'inventory/hosts' },
  { what: 'a program that lists containers', folder: 'containers', inventory: 'inventory/hosts.py' },
  { what: 'a program that is asked for each host', folder: 'one-by-one', inventory: 'inventory/program' },
  { what: 'a folder of several sources', folder: 'sources', inventory: 'inventory/prod' },
  { what: 'INI with what is odd in it', folder: 'oddities', inventory: 'inventory/oddities.ini' },
  { what: 'INI with line ends of another system', folder: 'oddities', inventory: 'inventory/crlf' },
  { what: 'YAML with what is odd in it', folder: 'oddities', inventory: 'inventory/oddities.yml' },
]

beforeAll(async () => {
  await needPrograms(['ansible-inventory'], {
    say: (line) => process.stderr.write(`${line}\n`),
    mayInstall: async () => true,
  })
}, 600_000)

describe('hosts, groups and variables are those of ansible-inventory --list for', () => {
  let answers: Awaited<ReturnType<typeof askAnsible>>
  beforeAll(async () => {
    answers = await askAnsible(shapes.map(({ folder, inventory }) => wordsFor(join(SHAPES, folder), inventory)))
  }, 120_000)

  it.each(shapes.map((shape, index) => ({ ...shape, index })))('$what', async ({ folder, inventory, index }) => {
    const project = join(SHAPES, folder)

    const ours = await askOurs(join(project, inventory), project)

    expect(ours).toEqual(answers[index])
    expect(ours).not.toHaveProperty('refused')
  })

  it('the command as it is typed', async () => {
    const project = join(SHAPES, 'multinode')

    const { stdout } = await promisify(execFile)(ANSIBLE, ['--list', ...wordsFor(project, 'inventory/multinode')])

    expect(await askOurs(join(project, 'inventory/multinode'), project)).toEqual(comparedAnswer(JSON.parse(stdout)))
  }, 60_000)
})

describe('generated inventories', () => {
  const seed = Number(process.env.INVENTORY_SEED ?? Math.floor(Math.random() * 2 ** 31))

  it(`are the same for both, drawn by INVENTORY_SEED=${seed}`, async () => {
    await using folder = await temporaryFolder()
    const drawn = fc.sample(inventories, { seed, numRuns: 120 })
    const projects = await Promise.all(
      drawn.map(({ files }, index) => written(join(folder.path, String(index)), files)),
    )
    const words = drawn.map(({ inventory }, index) => wordsFor(projects[index] ?? '', inventory))

    const theirs = await askAnsible(words)
    const ours = await Promise.all(
      drawn.map(({ inventory }, index) => askOurs(join(projects[index] ?? '', inventory), projects[index] ?? '')),
    )

    const refusedByBoth = (index: number) => 'refused' in (theirs[index] ?? {}) && 'refused' in (ours[index] ?? {})
    for (const [index, one] of ours.entries()) {
      if (!refusedByBoth(index)) expect(one, JSON.stringify(drawn[index], null, 2)).toEqual(theirs[index])
    }
    expect(ours.filter((one) => !('refused' in one)).length).toBeGreaterThan(80)
  }, 120_000)
})

const wordsFor = (project: string, inventory: string): readonly string[] => [
  '-i',
  join(project, inventory),
  '--playbook-dir',
  project,
]

async function written(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text, { mode: 0o644 })
  }
  return folder
}
