import type { ImportedPlay, ImportedTask } from './import-play.ts'
import { text } from './modules/said.ts'

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
    ...(open.length > 0
      ? ['const LEFT_OUT = [', ...open.map(({ place, name }) => `  ${text(`${place} ${name}`)},`), ']', '']
      : []),
    `/** ${inComment(`Taken over from ${play.place}.`)} Every step runs as root. */`,
    'export default defineRunbook({',
    `  name: ${text(name)},`,
    `  summary: ${text(play.summary)},`,
    `  hosts: ${text(play.hosts)},`,
    '  params: z.object({}),',
    ...(play.batches
      ? [
          `  rollout: { batches: [${play.batches.map((size) => (typeof size === 'number' ? size : text(size))).join(', ')}] },`,
        ]
      : []),
    '  steps: () => [',
    ...(open.length > 0 ? ['    nothingLeftOut(LEFT_OUT),'] : []),
    ...(play.family ? [`    osFamilyIs([${text(play.family)}]),`] : []),
    ...play.tasks.flatMap((task) => stepLines(task).map((line) => `    ${line}`)),
    '  ],',
    '})',
    '',
  ].join('\n')
}

function stepLines({ place, name, found }: ImportedTask): readonly string[] {
  if (found.kind === 'listed') return [`// No step yet: ${inComment(`${place} ${name}: ${found.why}`)}`]
  const parts = Object.entries({ id: text(found.id), ...found.step.parts }).map(([key, value]) => `  ${key}: ${value},`)
  return [`// ${inComment(`${place} ${name}`)}`, `${found.step.call}({`, ...parts, '}),']
}

const inComment = (words: string): string => words.replaceAll(/[\r\n]+/g, ' ').replaceAll('*/', '* /')
