import { BOOT_LOADERS } from 'runbook'
import { z } from 'zod'
import { duration } from './values.ts'

/** How a runbook brings arguments onto the kernel command line: the same parameters in every runbook that does so. */
export const bootParameters = {
  grubVar: z
    .enum(['default', 'linux'])
    .optional()
    .describe(
      'GRUB_CMDLINE_LINUX_DEFAULT, as on Debian, whose recovery entries lack it, or GRUB_CMDLINE_LINUX, as on RHEL',
    ),
  bootloader: z
    .enum(['auto', ...BOOT_LOADERS])
    .default('auto')
    .describe('What boots the host; auto goes by its files'),
  rebootTimeout: duration('30m')
    .default('30m')
    .describe('How long a host may be away; servers with much memory train it for minutes'),
}
