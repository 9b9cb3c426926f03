import { noOrderBreaks } from '../no-order-breaks.ts'
import { ALL_KINDS, budgetRun } from '../runs/small-runs.ts'

const bounds = { deaths: 2, after: ['resume', 'rollback'] } as const
noOrderBreaks('two deaths, resume or rollback after each', bounds, [...ALL_KINDS.map((make) => make()), budgetRun()])
