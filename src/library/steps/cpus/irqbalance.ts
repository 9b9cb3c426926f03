import { type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import { type Note, warning } from '../../../model/note.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { needsReload, unitState } from '../../facts/units.ts'
import { cpuListText } from '../../formats/kernel/cpu-list.ts'
import { hasFolder, makeFolder, takeFolder } from '../own-folder.ts'
import { isOwned, notOurs, ownedText } from '../owned-file.ts'
import { type CpuWish, wishedCpus } from './cpu-wish.ts'

/** The service that spreads interrupts over the CPUs. */
export const IRQBALANCE = 'irqbalance.service'
const DROP_IN = `/etc/systemd/system/${IRQBALANCE}.d/runbook-cpus.conf`
/** Where packages have its settings, which win over those of a unit. */
const SETTINGS = ['/etc/default/irqbalance', '/etc/sysconfig/irqbalance']

type SparesFound = { readonly before: string; readonly writes: boolean; readonly folder?: 'missing' }

/** irqbalance moves no interrupt to the isolated CPUs; a host without it has nothing to spare them. */
export const irqbalanceSparesCpus = (wish: CpuWish, runbook: string): ChangeStep<SparesFound> => {
  const text = ownedText(runbook, `[Service]\nEnvironment=IRQBALANCE_BANNED_CPULIST=${cpuListText(wishedCpus(wish))}\n`)
  return step<SparesFound>({
    id: 'irqbalance-spares-cpus',
    async check(host): Promise<Check<SparesFound>> {
      const [unit, file, stale, ...settings] = await Promise.all([
        host.ask(unitState(IRQBALANCE)),
        host.read(DROP_IN),
        host.ask(needsReload(IRQBALANCE)),
        ...SETTINGS.map((path) => host.read(path)),
      ])
      if (!unit.exists) return satisfied('there is no irqbalance')
      if (file.state === 'present' && !isOwned(file.text, runbook)) return notOurs(DROP_IN, runbook)
      const notes = settings.flatMap(({ path, text: own }) => overriding(path, own))
      if (file.text === text && !stale)
        return satisfied(`${IRQBALANCE} spares the CPUs`, { notes, watches: IRQBALANCE })
      const missing = file.state === 'absent' && !(await host.ask(hasFolder(DROP_IN)))
      return needed(
        `write ${DROP_IN}`,
        {
          before: file.fingerprint,
          writes: file.text !== text,
          ...(missing ? { folder: 'missing' as const } : {}),
        },
        { notes, diff: [file.text, text], readBy: IRQBALANCE },
      )
    },
    async apply(host, { before, writes, folder }) {
      if (folder === 'missing') await makeFolder(host, DROP_IN)
      if (writes) await host.write(DROP_IN, text, { replacing: before, readBy: IRQBALANCE })
      await host.run(sh`systemctl daemon-reload`)
    },
    async rollback(host, { before, folder }) {
      await host.restore(DROP_IN, before, { readBy: IRQBALANCE })
      if (folder === 'missing') await takeFolder(host, DROP_IN)
      await host.run(sh`systemctl daemon-reload`)
    },
  })
}

const overriding = (path: string, text: string): readonly Note[] => {
  const line = /^\s*IRQBALANCE_BANNED_CPU(?:S|LIST)=["']?[^"'\s].*$/m.exec(text)?.[0]
  return line === undefined
    ? []
    : [warning('W_IRQBALANCE_OVERRIDDEN', `${path} sets ${line.trim()}, which wins over our drop-in`)]
}
