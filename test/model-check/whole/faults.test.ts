import { noOrderBreaks } from '../no-order-breaks.ts'
import { ALL_KINDS } from '../runs/small-runs.ts'

const bounds = { deaths: 1, after: ['resume', 'rollback'], boots: 1, deadlines: 1 } as const
noOrderBreaks(
  'one death, one boot of the host by itself, one deadline',
  bounds,
  ALL_KINDS.map((make) => make({ steps: 1 })),
)
