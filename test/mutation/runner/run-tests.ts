import { registered, type Suite, type Test } from './vitest.ts'

/** The tests of a file, each with its name and the suites that it stands in. */
export interface TestFile {
  readonly root: Suite
  readonly names: readonly string[]
}

const files = new Map<string, Promise<TestFile>>()

/** Reads a test file; a second time it is the same. */
export function loadFile(path: string): Promise<TestFile> {
  const known = files.get(path)
  if (known) return known
  const loading = registered(() => import(path)).then((root) => ({ root, names: [...namesIn(root, '')] }))
  files.set(path, loading)
  return loading
}

/** What surrounds each run of one test. Throws what the test threw. */
export type RunOne = (name: string, run: () => Promise<void>) => Promise<void>

/**
 * Runs the wanted tests of a file with the hooks around them, one after the other. Rejects with the first failure, behind
 * the hooks that clean up.
 */
export const runTests = ({ root }: TestFile, wanted: ReadonlySet<string>, runOne: RunOne): Promise<void> =>
  runSuite(root, '', { wanted, runOne, before: [], after: [] })

interface Around {
  readonly wanted: ReadonlySet<string>
  readonly runOne: RunOne
  readonly before: readonly (() => unknown)[]
  readonly after: readonly (() => unknown)[]
}

async function runSuite(suite: Suite, prefix: string, { wanted, runOne, before, after }: Around): Promise<void> {
  const each = { wanted, runOne, before: [...before, ...suite.beforeEach], after: [...suite.afterEach, ...after] }
  const children = named(suite, prefix).filter(([child, name]) =>
    isSuite(child) ? [...namesIn(child, name)].some((inside) => wanted.has(inside)) : wanted.has(name),
  )
  if (children.length === 0) return
  await cleaned(suite.beforeAll, suite.afterAll, async () => {
    for (const [child, name] of children) {
      if (isSuite(child)) await runSuite(child, name, each)
      else await runOne(name, () => cleaned(each.before, each.after, async () => void (await child.run({}))))
    }
  })
}

/** All that cleans up runs, whatever failed before. */
async function cleaned(
  before: readonly (() => unknown)[],
  after: readonly (() => unknown)[],
  body: () => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  const attempt = async (one: () => unknown): Promise<void> => {
    try {
      await one()
    } catch (error) {
      failures.push(error)
    }
  }
  await attempt(async () => {
    for (const hook of before) await hook()
    await body()
  })
  for (const hook of after.toReversed()) await attempt(hook)
  if (failures.length > 0) throw failures[0]
}

const isSuite = (child: Suite | Test): child is Suite => 'children' in child

/** Two of one name are told apart by their order. */
function named(suite: Suite, prefix: string): (readonly [Suite | Test, string])[] {
  const times = new Map<string, number>()
  return suite.children.map((child) => {
    const plain = prefix === '' ? child.name : `${prefix} > ${child.name}`
    const time = (times.get(plain) ?? 0) + 1
    times.set(plain, time)
    return [child, time === 1 ? plain : `${plain} (${time})`]
  })
}

function* namesIn(suite: Suite, prefix: string): Iterable<string> {
  for (const [child, name] of named(suite, prefix)) {
    if (isSuite(child)) yield* namesIn(child, name)
    else yield name
  }
}
