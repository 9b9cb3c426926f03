import type { Json } from '../../model/json.ts'
import type { ImportedPlay, ImportedTask } from './import-play.ts'
import { text } from './modules/said.ts'
import { schemaSource } from './variables/kinds.ts'

/** The source of the runbook that a play becomes. What has no step stands at its place, by file and line. */
export function runbookSource(name: string, play: ImportedPlay): string {
  const open = play.tasks.filter(({ found }) => found.kind === 'listed')
  const calls = play.tasks.flatMap(({ found }) => (found.kind === 'step' ? [found.step.call] : []))
  const imports = new Set([
    'defineRunbook',
    ...calls,
    ...(open.length > 0 ? ['nothingLeftOut'] : []),
    ...(play.family ? ['osFamilyIs'] : []),
    ...(play.tasks.some(({ found }) => found.kind === 'step' && found.step.call === 'madeBy') ? ['sh'] : []),
  ])
  return [
    `import { ${[...imports].toSorted().join(', ')} } from 'runbook'`,
    "import { z } from 'zod'",
    '',
    ...schemaLines(play.parameters),
    ...(open.length > 0
      ? ['const LEFT_OUT = [', ...open.map(({ place, name }) => `  ${text(`${place} ${name}`)},`), ']', '']
      : []),
    `/** ${inComment(`Taken over from ${play.place}.`)} Every step runs as root. */`,
    `export default defineRunbook${play.parameters.size > 0 ? '<z.infer<typeof params>>' : ''}({`,
    `  name: ${text(name)},`,
    `  summary: ${text(play.summary)},`,
    `  hosts: ${text(play.hosts)},`,
    play.parameters.size > 0 ? '  params,' : '  params: z.object({}),',
    ...(play.batches
      ? [
          `  rollout: { batches: [${play.batches.map((size) => (typeof size === 'number' ? size : text(size))).join(', ')}] },`,
        ]
      : []),
    `  steps: (${play.parameters.size > 0 ? 'params' : ''}) => [`,
    ...(open.length > 0 ? ['    nothingLeftOut(LEFT_OUT),'] : []),
    ...(play.family ? [`    osFamilyIs([${text(play.family)}]),`] : []),
    ...play.tasks.flatMap((task) => stepLines(task).map((line) => `    ${line}`)),
    '  ],',
    '})',
    '',
  ].join('\n')
}

/** Beside the runbook where it has any, so that its steps know their types. */
function schemaLines(parameters: ImportedPlay['parameters']): readonly string[] {
  if (parameters.size === 0) return []
  const lines = [...parameters].map(([name, { kind, known }]) => {
    const otherwise = known.default === undefined ? '' : `.default(${valueSource(known.default)})`
    return `  ${name}: ${schemaSource(kind)}${otherwise}.describe(${text(known.from)}),`
  })
  return ['const params = z.object({', ...lines, '})', '']
}

const valueSource = (value: Json): string =>
  Array.isArray(value)
    ? `[${value.map(valueSource).join(', ')}]`
    : typeof value === 'string'
      ? text(value)
      : String(value)

function stepLines({ place, name, found }: ImportedTask): readonly string[] {
  if (found.kind === 'listed') return [`// No step yet: ${inComment(`${place} ${name}: ${found.why}`)}`]
  const parts = Object.entries({ id: text(found.id), ...found.step.parts }).map(([key, value]) => `  ${key}: ${value},`)
  const { call, only } = found.step
  const step = [`${call}({`, ...parts, '})']
  const lines = only
    ? [`...(${only}`, '  ? [', ...step.map((line) => `      ${line}`), '    ]', '  : []),']
    : [...step.slice(0, -1), '}),']
  return [`// ${inComment(`${place} ${name}`)}`, ...lines]
}

const inComment = (words: string): string => words.replaceAll(/[\r\n]+/g, ' ').replaceAll('*/', '* /')
