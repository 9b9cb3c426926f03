import { sh } from '../../../model/command.ts'
import { fact } from '../../../model/fact.ts'
import { readSwaps } from '../../formats/kernel/swaps.ts'
import { readUnits } from '../../formats/unit-properties.ts'
import { answered } from '../answered.ts'

/** What the kernel swaps to now. */
export const swaps = fact(sh`cat /proc/swaps`, (answer) => readSwaps(answered(answer, 'its swaps')))

/** A unit that switches a swap on at boot. */
export type SwapUnit = {
  readonly unit: string
  /** A file of the operator's own can only be disabled; systemd masks all others. */
  readonly ownFile: boolean
}

/** Services that make a swap by themselves: of zram-tools, of Ubuntu's zram-config, and of dphys-swapfile. */
const MAKERS = ['zramswap.service', 'zram-config.service', 'dphys-swapfile.service']

/** Units that would switch a swap on at the next boot, whether fstab, the partition table, zram or a person asked for it. */
export const swapUnits = fact(
  sh`systemctl show --property=Id,LoadState,UnitFileState,FragmentPath -- ${MAKERS} '*.swap' 'systemd-zram-setup@*.service'`,
  (answer): readonly SwapUnit[] =>
    [...readUnits(answered(answer, 'its units of swap'))].flatMap(([unit, properties]) => {
      const path = properties.get('FragmentPath') ?? ''
      const file = properties.get('UnitFileState') ?? ''
      // Without a file the unit only mirrors what the kernel does; a disabled service is started by nobody.
      const idle =
        path === '' || properties.get('LoadState') !== 'loaded' || (MAKERS.includes(unit) && file === 'disabled')
      return idle ? [] : [{ unit, ownFile: path.startsWith('/etc/systemd/system/') }]
    }),
)
