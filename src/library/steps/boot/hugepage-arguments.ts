import type { BootWish, WantedArguments } from '../../boot-loaders/wanted-arguments.ts'
import {
  carriesHugepages,
  HUGEPAGE_KEYS,
  HUGEPAGE_NEIGHBOURS,
  type HugepageWish,
  hugepageBlock,
  meansHugepages,
  sameHugepages,
} from '../../formats/hugepage-arguments.ts'

/** The kernel arguments that give a wish's pools at boot, for the steps that configure, generate and boot them. */
export const wantedHugepages = (wish: HugepageWish, boot: BootWish): WantedArguments => ({
  ...boot,
  topic: 'hugepages',
  block: hugepageBlock(wish),
  keys: HUGEPAGE_KEYS,
  neighbours: HUGEPAGE_NEIGHBOURS,
  carries: (line) => carriesHugepages(line, wish),
  means: (line) => meansHugepages(line, wish),
  same: sameHugepages,
})
