import { sh } from '../../model/command.ts'
import { fact } from '../../model/fact.ts'
import { readFindmnt } from '../formats/findmnt.ts'
import { answered } from './answered.ts'

/** Everything that is mounted, one entry per mount: a stacked one stands twice. */
export const mounts = fact(sh`findmnt -rn -o TARGET,FSTYPE,OPTIONS`, (answer) =>
  readFindmnt(answered(answer, 'its mounts')),
)
