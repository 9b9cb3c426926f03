import { satisfied } from '../../../model/check.ts'
import { info } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type Audit, audit } from '../../../model/step.ts'
import { nextCommandLine } from '../../boot-loaders/next-command-line.ts'
import { hugepageGuests, pageCounters, poolSettings } from '../../facts/kernel/hugepage-users.ts'
import { thpAtBoot } from '../../facts/kernel/thp-users.ts'
import { transparentPages } from '../../facts/kernel/transparent-pages.ts'
import { hugepageLog, memoryFigures, pagePools } from '../../facts/memory.ts'
import { mounts } from '../../facts/mounts.ts'
import { commandLine, offersGiantPages } from '../../facts/system.ts'
import { pagesInWords } from '../../formats/kernel/size-in-words.ts'
import { complaintsOf } from '../page-pools.ts'
import { hugepageFindings } from './hugepage-findings.ts'
import { type HugepageStatus, hugepageStatus } from './hugepage-status.ts'

/** Static and transparent huge pages of a host, with what an operator should know about them. */
export const hugepagesKnown: Audit = audit({
  id: 'hugepages-known',
  async check(host) {
    const [status, line, pools, thp, guests, log] = await Promise.all([
      askStatus(host),
      nextCommandLine(host),
      host.ask(poolSettings),
      host.ask(thpAtBoot),
      host.ask(hugepageGuests),
      host.ask(hugepageLog),
    ])
    const whole = info('I_HUGEPAGES', summary(status), status)
    const findings = hugepageFindings({ status, next: { line, pools, thp }, guests, complaints: complaintsOf(log) })
    return satisfied(summary(status), { notes: [...findings, whole] })
  },
})

/** The whole picture of a host's huge pages, in one round trip. */
export async function askStatus(host: Probe): Promise<HugepageStatus> {
  const [meminfo, pools, transparent, mounted, line, pdpe1gb, counters] = await Promise.all([
    host.ask(memoryFigures),
    host.ask(pagePools),
    host.ask(transparentPages),
    host.ask(mounts),
    host.ask(commandLine),
    host.ask(offersGiantPages),
    host.ask(pageCounters),
  ])
  return hugepageStatus({ meminfo, pools, transparent, mounts: mounted, commandLine: line, pdpe1gb, counters })
}

function summary({ pools, thp }: HugepageStatus): string {
  const parts = pools.map(({ sizeKb, total, free }) => `${pagesInWords(total, sizeKb)}, ${free} free`)
  const transparent = thp?.enabled === undefined || thp.enabled === null ? 'not there' : thp.enabled
  return `${parts.join('; ') || 'no static pages'}; transparent ones ${transparent}`
}
