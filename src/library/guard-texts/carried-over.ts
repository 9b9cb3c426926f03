import type { GuardText } from '../../model/runbook.ts'

/** Guards of the steps of which imported runbooks are made. */
export const CARRIED_OVER_TEXTS = {
  E_NOT_TRANSLATED: {
    meaning: 'The runbook was made from something that has parts without a step yet; they are named by file and line.',
    remedy: 'Write the steps that are missing and remove this gate; --override E_NOT_TRANSLATED runs the others alone.',
  },
  E_FILE_IS_LINK: {
    meaning: 'The path is a link. A change would be made to the file it leads to, which nobody named.',
    remedy: 'Name the file itself, or remove the link.',
  },
  E_FILE_MISSING: {
    meaning: 'The file, or the folder around it, is not there.',
    remedy: 'Make it first, by a step of its own.',
  },
  E_NOT_A_FOLDER: {
    meaning: 'Something else than a folder is at the path.',
    remedy: 'Look what it is (ls -ld PATH), and take it away or name another path.',
  },
  E_UNIT_UNKNOWN: {
    meaning: 'systemd does not know the unit, or cannot enable it.',
    remedy: 'Look at it: systemctl status UNIT. Its package may have to be installed first.',
  },
} as const satisfies Readonly<Record<string, GuardText>>
