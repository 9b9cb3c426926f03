import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const HOME = resolve(import.meta.dirname, '..')

/** The rooms of the house and where each may go: docs/architecture.md. */
const ROOMS: Readonly<Record<string, Rules>> = {
  model: { rooms: [], node: false },
  engine: { rooms: ['model'], node: false },
  library: { rooms: ['model'], node: false },
  transport: { rooms: ['model', 'engine/ports.ts', 'engine/guard-port.ts'], node: true },
  programs: { rooms: ['model'], node: true },
  cloud: { rooms: ['model', 'engine/ports.ts', 'programs'], node: true },
  journal: { rooms: ['model', 'engine/ports.ts', 'engine/fleet/fleet-port.ts'], node: true },
  inventory: { rooms: ['model', 'engine/ports.ts', 'programs'], node: true },
  runtime: { rooms: ['model', 'engine'], node: true },
  // Reports are data of the engine: only their types may come in here.
  reporter: { rooms: ['model', 'engine/ports.ts'], types: ['engine/make-report.ts'], node: true },
  page: { rooms: ['model', 'engine', 'reporter'], node: true },
  rehearsal: {
    rooms: ['model', 'engine', 'library', 'transport', 'journal', 'inventory', 'runtime', 'reporter'],
    node: true,
  },
  commands: {
    rooms: [
      'model',
      'engine',
      'library',
      'transport',
      'cloud',
      'journal',
      'inventory',
      'programs',
      'runtime',
      'reporter',
      'page',
      'rehearsal',
    ],
    node: true,
  },
}

interface Rules {
  /** Rooms, or single files of them, beside the room itself. */
  readonly rooms: readonly string[]
  /** Files of which only types may be imported. */
  readonly types?: readonly string[]
  readonly node: boolean
}

/** The one place of each package. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  'age-encryption': /^src\/inventory\/secrets\/from-age\.ts$/,
  commander: /^src\/commands\/program\.ts$/,
  zod: /^(src\/commands\/parameters\.ts|src\/reporter\/report\/run-view\.ts|runbooks\/.*)$/,
  listr2: /^src\/reporter\/draw-row\.ts$/,
  pg: /^src\/journal\/postgres\/connect\.ts$/,
  'p-queue': /^src\/runtime\//,
  ssh2: /^src\/transport\//,
  testcontainers: /^src\/rehearsal\//,
  yaml: /^src\/(inventory|library\/formats)\//,
  'zx/core': /^src\/rehearsal\//,
  runbook: /^runbooks\//,
}

/** The doors through which everything may be reached, and the tests' own door. */
const DOORS = new Set(['src/index.ts', 'src/testing.ts', 'src/main.ts'])

interface Import {
  readonly from: string
  readonly target: string
  readonly typesOnly: boolean
}

const sources = await filesIn('{src,runbooks}/**/*.ts')
const texts = new Map(sources.map((path) => [path, readFileSync(join(HOME, path), 'utf8')]))
const imports = sources.flatMap((path) => importsOf(path, texts.get(path) ?? ''))

describe('the house', () => {
  it.each(Object.keys(ROOMS))('%s goes only where the table lets it', (room) => {
    const own = imports.filter(({ from }) => from.startsWith(`src/${room}/`))

    const astray = own.filter((one) => !mayImport(room, one)).map(shown)

    expect(astray).toEqual([])
  })

  it('gives runbooks the product and zod, and no deeper path', () => {
    const own = imports.filter(({ from }) => from.startsWith('runbooks/'))

    const astray = own.filter(({ target }) => !/^(runbook|zod|runbooks\/.*)$/.test(target)).map(shown)

    expect(astray).toEqual([])
  })

  it('has one place for each package', () => {
    const packages = imports.filter(({ target }) => !target.startsWith('src/') && !target.startsWith('node:'))

    const astray = packages.filter(({ from, target }) => !from.startsWith('runbooks/') && !PACKAGES[target]?.test(from))

    expect(astray.map(shown)).toEqual([])
  })

  it('has no import cycle but of types', () => {
    const cycles = cyclesIn(imports.filter(({ typesOnly }) => !typesOnly))

    expect(cycles).toEqual([])
  })
})

describe('its files', () => {
  it('are at most 250 lines long, the median below 100', () => {
    const lengths = [...texts].map(([path, text]) => ({ path, lines: text.split('\n').length - 1 }))
    const sorted = lengths.map(({ lines }) => lines).toSorted((a, b) => a - b)

    const tooLong = lengths.filter(({ lines }) => lines > 250)
    const median = sorted[Math.floor(sorted.length / 2)]

    expect(tooLong).toEqual([])
    expect(median).toBeLessThan(100)
  })

  it('lie a dozen to a folder at most', () => {
    const folders = Map.groupBy(sources, dirname)

    const crowded = [...folders].filter(([, files]) => files.length > 12).map(([folder]) => folder)

    // The nouns are one vocabulary, and a runbook is found by its file's name: whoever looks for one looks in one place.
    expect(crowded.filter((folder) => folder !== 'src/model' && folder !== 'runbooks')).toEqual([])
  })

  it('have no index but the doors, and default exports only where operators write', () => {
    const indexes = sources.filter((path) => path.endsWith('/index.ts') && !DOORS.has(path))
    const defaults = [...texts].filter(([path, text]) => path.startsWith('src/') && /^export default /m.test(text))

    expect([...indexes, ...defaults.map(([path]) => path)]).toEqual([])
  })
})

describe('the world outside', () => {
  it('gives the date to the journal alone', () => {
    const dated = using(/\bDate\.now\(|\bnew Date\(\)/)

    expect(dated).toEqual(['src/journal/now.ts'])
  })

  it('shows the process to main.ts alone, but for what runs programs of this machine', () => {
    // The rehearsal runs docker and packages of this machine; the others need one fact each of the process.
    const excused = /^src\/(main\.ts|rehearsal\/)/

    const touching = using(PROCESS)

    expect(touching.filter((path) => !excused.test(path))).toEqual([])
  })

  it('has `any` only in the step union', () => {
    const loose = using(/[:<|(]\s*any\b|\bas any\b/)

    expect(loose.filter((path) => path !== 'src/model/step.ts')).toEqual([])
  })

  it('is not asked by console', () => {
    const talking = using(/(?<![.\w])console\./)

    expect(talking).toEqual([])
  })
})

const PROCESS =
  /\bprocess\.(argv|env|exit\w*|cwd|on|off|once|kill|std\w+|exec\w+|getuid|umask|chdir|platform|versions?)\b|'node:process'/

/** Files with such code; comments and texts do not count. */
function using(pattern: RegExp): readonly string[] {
  return [...texts].filter(([, text]) => pattern.test(codeOf(text))).map(([path]) => path)
}

function codeOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/(?<!from )'(?:[^'\\\n]|\\.)*'/g, "''")
}

async function filesIn(pattern: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const path of glob(pattern, { cwd: HOME })) found.push(path)
  return found.toSorted()
}

function importsOf(path: string, text: string): readonly Import[] {
  const statements = text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'"]*?\s+from\s+)?'([^']+)'/gms)
  const dynamic = text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)
  return [
    ...[...statements].map(([whole, type, target = '']) => ({
      from: path,
      target: located(path, target),
      typesOnly: type !== undefined || onlyTypes(whole),
    })),
    ...[...dynamic].map(([, target = '']) => ({ from: path, target: located(path, target), typesOnly: false })),
  ]
}

/** `import { type A, type B }` brings in no code either. */
function onlyTypes(statement: string): boolean {
  const names =
    /\{([^}]*)\}/
      .exec(statement)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? []
  const kept = names.filter((name) => name !== '')
  return kept.length > 0 && kept.every((name) => name.startsWith('type '))
}

function located(from: string, target: string): string {
  return target.startsWith('.') ? relative(HOME, resolve(HOME, dirname(from), target)) : target
}

function mayImport(room: string, { target, typesOnly }: Import): boolean {
  const { rooms, types = [], node } = ROOMS[room] ?? { rooms: [], node: false }
  if (target.startsWith('node:')) return node
  if (!target.startsWith('src/')) return true
  const inside = target.slice('src/'.length)
  if (inside.startsWith(`${room}/`)) return true
  if (typesOnly && types.includes(inside)) return true
  return rooms.some((other) => (other.endsWith('.ts') ? inside === other && typesOnly : inside.startsWith(`${other}/`)))
}

const shown = ({ from, target }: Import): string => `${from} -> ${target}`

function cyclesIn(edges: readonly Import[]): readonly string[] {
  const next = Map.groupBy(edges, ({ from }) => from)
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  const visit = (path: string, way: readonly string[]): void => {
    if (state.get(path) === 'open') found.push([...way.slice(way.indexOf(path)), path].join(' -> '))
    if (state.has(path)) return
    state.set(path, 'open')
    for (const { target } of next.get(path) ?? []) visit(target, [...way, path])
    state.set(path, 'done')
  }
  for (const path of next.keys()) visit(path, [])
  return found
}
