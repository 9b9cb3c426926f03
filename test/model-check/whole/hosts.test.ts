import { noOrderBreaks } from '../no-order-breaks.ts'
import { ALL_KINDS, bracketRun } from '../runs/small-runs.ts'

const others = ALL_KINDS.filter((make) => make !== bracketRun)

// Side by side each pair of places is a state of its own: three brackets with a file in each are too many of them.
noOrderBreaks('two hosts side by side, one death', { deaths: 1, after: ['resume'] }, [
  ...others.map((make) => make({ hosts: 2 })),
  bracketRun({ hosts: 2, steps: 2 }),
])
