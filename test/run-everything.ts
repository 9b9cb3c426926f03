// Runs the type check, the style check and all tests, and counts. `npm test` calls it; words are given on to vitest, and
// suites that are named leave the checks out.
import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { inWords } from '../src/model/duration.ts'
import { needPrograms } from '../src/rehearsal/docker/packages.ts'
import engineForTests from './containers/engine.ts'
import imageForTests from './vm/image.ts'

/** A file in what vitest's JSON reporter writes. */
interface VitestFile {
  name: string
  status: string
  message: string
  assertionResults: readonly { status: string; fullName: string; failureMessages: readonly string[] }[]
}

const project = join(import.meta.dirname, '..')
const results = join(project, '.cache/vitest.json')
const say = (line: string) => process.stdout.write(`${line}\n`)

await mkdir(join(project, '.cache'), { recursive: true })
await rm(results, { force: true })

const words = process.argv.slice(2)
// Tests that draw their choices print a seed; with `--seed N` they draw the same ones again.
const seed = words.indexOf('--seed')
if (seed >= 0) process.env.RUNBOOK_TEST_SEED = words.splice(seed, 2)[1] ?? ''
const onMachines = words.includes('vm')
const named = words.includes('--project')

const started = performance.now()
// What tests use of this machine beside Docker: a private sshd, sudo and doas on it, the third kind of /bin/sh,
// OpenStack's client, Ansible, a PostgreSQL of each test's own, shells that complete command lines, a browser.
const login = ['sshd', 'ssh-keygen', 'sudo', 'doas', 'busybox']
await needPrograms(['ip', 'git', 'openstack', 'ansible-inventory', 'postgres', 'zsh', 'fish', 'chromium', ...login], {
  say,
  mayInstall: async () => true,
})
const [engine, ...checks] = await Promise.all([
  (onMachines ? imageForTests() : engineForTests()).catch((error: unknown) => error as Error),
  ...(named
    ? []
    : [check('types', ['tsc', '--noEmit']), check('style', ['biome', 'check', '--diagnostic-level=error', '.'])]),
])
say(`set-up took ${inWords(performance.now() - started)}${named ? '' : ', with the type and style checks beside it'}`)

const withoutHosts = engine instanceof Error
const wanted = withoutHosts ? ['alone'] : ['alone', 'containers']
const projects = named ? [] : wanted.flatMap((name) => ['--project', name])
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
const tests = await run(['vitest', 'run', ...projects, ...reporters, ...words], 'shown')
if (!withoutHosts) await engine()

const counted = await readFile(results, 'utf8').then(JSON.parse, () => ({ numPassedTests: 0, numFailedTests: 1 }))
const failedChecks = checks.filter((each) => !each.passed)
const notRun = withoutHosts ? await testFiles(onMachines ? 'test/vm' : 'test/containers') : []
for (const { name, output } of failedChecks) say(`\n${name}:\n${output}`)
if (engine instanceof Error) {
  say(
    `\nThere are no ${onMachines ? 'virtual machines' : 'containers'}: ${engine.message}\nNot run: ${notRun.join(', ')}`,
  )
}

// A test that this machine lacks something for says so in its own name. Those that a pattern left out were not asked for.
const lacking = words.some((word) => word === '-t' || word.startsWith('--testNamePattern')) ? [] : skipped()
for (const name of lacking) say(`Not run: ${name}`)

const mustRun = process.env.CI ? notRun.length : 0
const suitesFailed = tests.code !== 0 && counted.numFailedTests === 0 ? 1 : 0
const failed = counted.numFailedTests + suitesFailed + failedChecks.length + mustRun
const counts = `${counted.numPassedTests + checks.length - failedChecks.length} passed, ${failed} failed`
await writeFile(join(project, '.cache/test-counts'), `${counts}\n`)
await writeFile(join(project, '.cache/test-failures'), failures().join(''))
say(counts)
process.exitCode = failed === 0 ? 0 : 1

/** A line for each test and check that failed, for whoever runs several suites and reads the end alone. */
function failures(): readonly string[] {
  const files: readonly VitestFile[] = counted.testResults ?? []
  const tests = files.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(project, name)
    const failed = assertionResults.filter((each) => each.status === 'failed')
    if (failed.length === 0 && status === 'failed') return [`${file}: ${firstLine(message)}\n`]
    return failed.map((each) => `${file}: ${each.fullName}: ${firstLine(each.failureMessages[0])}\n`)
  })
  return [...tests, ...failedChecks.map(({ name, output }) => `${name}: ${firstLine(output)}\n`)]
}

function skipped(): readonly string[] {
  const files: readonly VitestFile[] = counted.testResults ?? []
  return files.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'skipped' || status === 'pending')
      .map(({ fullName }) => `${relative(project, name)}: ${fullName}`),
  )
}

function firstLine(text = ''): string {
  return text.trim().split('\n')[0] ?? ''
}

async function testFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(project, folder), { recursive: true })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name))
}

async function check(name: string, words: readonly string[]) {
  const { code, output } = await run(words, 'kept')
  return { name, passed: code === 0, output }
}

/** Runs a program of node_modules; its output goes to the terminal or is kept for later. */
function run(
  [program = '', ...words]: readonly string[],
  output: 'shown' | 'kept',
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const stdio = output === 'shown' ? 'inherit' : 'pipe'
    const child = spawn(join(project, 'node_modules/.bin', program), words, { cwd: project, stdio })
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk))
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk))
    child.on('error', (error) => resolve({ code: 1, output: String(error) }))
    child.on('close', (code) => resolve({ code: code ?? 1, output: text }))
  })
}
