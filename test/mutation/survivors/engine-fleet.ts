import type { Reviewed } from '../reviewed.ts'

export const survivors: Reviewed = {
  'src/engine/fleet/next-move.ts': [
    {
      why: 'turns are left, and none of them is ready or open: one batch has some that wait',
      mutants: ['nextMove: optional chain: ?. -> .'],
    },
  ],
}
