import { noOrderBreaks } from './no-order-breaks.ts'
import {
  bracketedRebootRun,
  bracketRun,
  budgetRun,
  commandRun,
  fileRun,
  guardedRun,
  ONE_BY_ONE,
  onceRun,
  rebootRun,
  restartRun,
} from './runs/small-runs.ts'

// What `npm test` has the time for. All bounds: `npm run test:model`.
noOrderBreaks('one death, then resume or rollback', { deaths: 1, after: ['resume', 'rollback'] }, [
  fileRun(),
  commandRun(),
  restartRun(),
  rebootRun(),
  rebootRun({ steps: 1, useless: true }),
  bracketRun({ steps: 2 }),
  bracketedRebootRun(),
  guardedRun(),
  onceRun(),
  budgetRun(),
  fileRun({ hosts: 2, steps: 2, rollout: ONE_BY_ONE }),
])

noOrderBreaks(
  'a second controller, one turn',
  { deaths: 0, after: [], rivals: ['resume', 'run elsewhere'], turns: 1 },
  [commandRun({ steps: 1 }), guardedRun({ steps: 1 })],
)

noOrderBreaks('one death, one boot, one deadline', { deaths: 1, after: ['resume'], boots: 1, deadlines: 1 }, [
  onceRun({ steps: 1 }),
  restartRun({ steps: 2 }),
])
