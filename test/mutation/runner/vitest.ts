// What tests import as `vitest` here: its expect, and a registry that can run any test again and again in one process.
import { format } from 'node:util'

import { expect as vitestExpect } from 'vitest'

/** Asks again until what it gives is as expected: vitest's own works only within vitest. */
function poll(ask: () => unknown, { timeout = 1_000, interval = 50 } = {}): unknown {
  const chain = (path: readonly string[]): unknown =>
    new Proxy(() => {}, {
      get: (_, name) => chain([...path, String(name)]),
      apply: async (_, __, words) => {
        const deadline = performance.now() + timeout
        for (;;) {
          try {
            const start: unknown = vitestExpect(await ask())
            const [owner, method] = [path.slice(0, -1), path.at(-1) as string]
            const assertion = owner.reduce((one, name) => (one as Record<string, unknown>)[name], start)
            return (assertion as Record<string, (...all: unknown[]) => unknown>)[method]?.(...words)
          } catch (error) {
            if (performance.now() > deadline) throw error
            await new Promise((resolve) => setTimeout(resolve, interval))
          }
        }
      },
    })
  return chain([])
}

// It would look for the path where vitest itself keeps it.
vitestExpect.setState({ testPath: '' })

export const expect = Object.assign(vitestExpect, { poll })

type Hook = () => unknown
export interface Test {
  readonly name: string
  readonly run: (context: object) => unknown
}
export interface Suite {
  readonly name: string
  readonly children: (Suite | Test)[]
  readonly beforeAll: Hook[]
  readonly afterAll: Hook[]
  readonly beforeEach: Hook[]
  readonly afterEach: Hook[]
}

const newSuite = (name: string): Suite => ({
  name,
  children: [],
  beforeAll: [],
  afterAll: [],
  beforeEach: [],
  afterEach: [],
})

let current = newSuite('')

/** What the import of a test file registers. */
export async function registered(load: () => Promise<unknown>): Promise<Suite> {
  const root = newSuite('')
  current = root
  await load()
  return root
}

function suite(name: string, body: () => void): void {
  const outer = current
  const inner = newSuite(name)
  outer.children.push(inner)
  current = inner
  try {
    body()
  } finally {
    current = outer
  }
}

type Body = (context: object) => unknown
function single(name: string, ...rest: readonly unknown[]): void {
  const run = rest.find((one) => typeof one === 'function') as Body
  current.children.push({ name, run })
}

const eachOf =
  (register: (name: string, body: (...words: unknown[]) => unknown) => void) =>
  (rows: readonly unknown[]) =>
  (name: string, ...rest: readonly unknown[]): void => {
    const body = rest.find((one) => typeof one === 'function') as (...words: unknown[]) => unknown
    rows.forEach((row, index) => {
      const words = Array.isArray(row) ? row : [row]
      // No further words: how an error is told has its place in it, which is another one each time that a file is read.
      const told = format(name, ...words.slice(0, name.match(/%[^%]/g)?.length ?? 0))
      register(`${told} [${index}]`, () => body(...words))
    })
  }

export const describe = Object.assign(suite, { each: eachOf(suite as Parameters<typeof eachOf>[0]) })
export const it = Object.assign(single, { each: eachOf(single) })
export const test = it
export const beforeAll = (hook: Hook): void => void current.beforeAll.push(hook)
export const afterAll = (hook: Hook): void => void current.afterAll.push(hook)
export const beforeEach = (hook: Hook): void => void current.beforeEach.push(hook)
export const afterEach = (hook: Hook): void => void current.afterEach.push(hook)
