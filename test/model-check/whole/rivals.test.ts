import type { Bounds } from '../explore/bounds.ts'
import { noOrderBreaks } from '../no-order-breaks.ts'
import { bracketRun, commandRun, fileRun, rebootRun, restartRun } from '../runs/small-runs.ts'

const rivals: Bounds['rivals'] = [
  'resume',
  'rollback',
  'unlock and resume',
  'run elsewhere',
  'unlock and run elsewhere',
]

noOrderBreaks(
  'a second controller at any moment, frozen and awake again twice',
  { deaths: 0, after: [], rivals, turns: 2 },
  [fileRun, commandRun, restartRun, rebootRun, bracketRun].map((make) => make({ steps: 2 })),
)

noOrderBreaks(
  'a second controller at any moment, frozen and awake again twice, one death',
  { deaths: 1, after: ['resume'], rivals, turns: 2 },
  [fileRun({ steps: 1 })],
)
