import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesHash } from '../../src/rehearsal/files-hash.ts'

const HOME = resolve(import.meta.dirname, '../..')
/** Asked once for a release: whoever only works here need not install it. */
const PUBLINT = 'publint@0.3.25'
// What the checkout's own packages left in npm's cache is not fetched again.
const INSTALL = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

const run = promisify(execFile)
let folder: string
let installed: string

beforeAll(async () => {
  const [{ stdout: archive }, place] = await Promise.all([
    run(process.execPath, [join(HOME, 'bin/package.ts')]),
    mkdtemp(join(tmpdir(), 'runbook-installed-')),
  ])
  folder = place
  installed = join(folder, 'node_modules/runbook')
  await run('npm', [...INSTALL, archive.trim()], { cwd: folder })
}, 180_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Types it in the folder, as its own npm scripts would. */
const runbook = (...words: string[]) =>
  run(join(folder, 'node_modules/.bin/runbook'), words, {
    cwd: folder,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: folder,
      XDG_STATE_HOME: join(folder, 'state'),
    },
  })

describe('the package', () => {
  test('is what npm was given, and brings nothing that only a checkout needs', async () => {
    const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
    const [packed, laidOut] = await Promise.all(
      [installed, join(HOME, '.cache/package')].map((place) => filesIn(place)),
    )

    expect(packed).toEqual(laidOut)
    expect(packed?.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([])
    expect(Object.keys(manifest)).not.toContain('devDependencies')
    expect(await readdir(join(folder, 'node_modules'))).not.toContain('vitest')
  })

  test('has the files of test hosts and of the guard as a checkout has them', async () => {
    const places = ['Dockerfile.testhost', 'src/rehearsal/testhost', 'src/rehearsal/vm/image']
    const hashOf = (home: string) => filesHash(places.map((place) => join(home, place)))
    const guard = 'src/transport/guard/script/guard-text'

    const { GUARD_PATH: compiled } = await import(join(installed, `${guard}.js`))
    const { GUARD_PATH: source } = await import(join(HOME, `${guard}.ts`))

    expect(await hashOf(installed)).toBe(await hashOf(HOME))
    expect(compiled).toBe(source)
  })

  test('has doors that publint finds no fault with', async () => {
    const tools = join(HOME, '.cache/publint')
    await mkdir(tools, { recursive: true })
    await run('npm', [...INSTALL, '--no-save', '--prefix', tools, PUBLINT])

    const { stdout } = await run(join(tools, 'node_modules/.bin/publint'), ['run', installed, '--strict'])

    expect(stdout).toContain('All good!')
  }, 60_000)
})

describe('in an empty folder', () => {
  let said: string

  beforeAll(async () => {
    said = (await runbook('new', 'greeting')).stderr
    await writeFile(
      join(folder, 'inventory/here.yaml'),
      'hosts: { here: { connection: { transport: local } } }\ngroups: { hypervisors: { hosts: [here] } }\n',
    )
  })

  test('it says its version and its verbs', async () => {
    const { version } = JSON.parse(await readFile(join(HOME, 'package.json'), 'utf8'))

    const [said, help] = await Promise.all([runbook('--version'), runbook('--help')])

    expect(said.stdout).toBe(`${version}\n`)
    expect(help.stdout).toContain('runbook VERB')
  })

  test('a new runbook passes its tests, the check and the type check, and plans a host', async () => {
    const commands = [...said.matchAll(/Type: (npm .*)/g)].map(([, command = '']) => command)
    for (const command of commands) await run('sh', ['-c', command], { cwd: folder })

    const tested = await run('npm', ['test', '--silent'], { cwd: folder })
    const checked = await runbook('check')
    const types = await run(join(HOME, 'node_modules/.bin/tsc'), ['--skipLibCheck', 'false'], { cwd: folder })
    const planned = await runbook('plan', 'greeting', '--inventory', 'here')

    expect(commands).toHaveLength(2)
    expect(tested.stdout).toMatch(/pass 2\n.*fail 0\n/s)
    expect(checked).toEqual({ stdout: '✓ 1 runbook, 2 inventory files: no faults\n', stderr: '' })
    expect(types.stdout).toBe('')
    expect(planned.stdout).toContain('~ greeting-shown')
  }, 60_000)

  test('runbooks of the library plan a host', async () => {
    const { stdout } = await runbook('plan', 'hugepages-audit', '--inventory', 'here', '--json')

    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows.find(({ type }) => type === 'planned')).toMatchObject({ host: 'here', plan: { state: 'satisfied' } })
  })

  test('runs are remembered', async () => {
    const { stdout: report } = await runbook('run', 'hugepages-audit', '--inventory', 'here', '--yes')
    const { stdout: runs } = await runbook('runs')

    const [, run = ''] = /run (\w+):/.exec(report) ?? []
    expect(run).not.toBe('')
    expect(runs).toContain(run)
  })
})

async function filesIn(place: string): Promise<readonly string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(place.length + 1)).toSorted()
}
