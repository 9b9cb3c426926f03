import { sh } from '../../../model/command.ts'
import { fact } from '../../../model/fact.ts'

/** Where the host keeps what its guests were like while they are changed. It holds secrets of theirs: root's alone. */
export const INSTANCES_FOLDER = '/var/lib/runbook/instances'

/** The guests that ran before they were taken down, by UUID; empty while none are being changed. */
export const ranBefore = fact(sh`cat ${INSTANCES_FOLDER}/running 2>/dev/null`, ({ stdout }): readonly string[] =>
  stdout.split('\n').filter((line) => line !== ''),
)
