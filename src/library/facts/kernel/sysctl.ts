import { sh } from '../../../model/command.ts'
import { fact } from '../../../model/fact.ts'
import { readSysctlSettings } from '../../formats/kernel/sysctl-settings.ts'

/** What a boot sets keys of sysctl to, by the files that it reads. Keys that no file names are left out. */
export const sysctlAtBoot = fact(
  sh`grep -HsE '^[^#;]*=' /etc/sysctl.conf /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf /lib/sysctl.d/*.conf`,
  ({ stdout }) => readSysctlSettings(stdout),
)
