import {
  carriesHugepages,
  HUGEPAGE_KEYS,
  HUGEPAGE_NEIGHBOURS,
  type HugepageWish,
  hugepageBlock,
  meansHugepages,
  sameHugepages,
} from '../formats/hugepage-arguments.ts'
import type { GrubVariable, WantedArguments } from './kernel-arguments.ts'

/** The kernel arguments that give a wish's pools at boot, for the steps that configure, generate and boot them. */
export const wantedHugepages = (
  wish: HugepageWish,
  { runbook, variable }: { readonly runbook: string; readonly variable: GrubVariable },
): WantedArguments => ({
  runbook,
  topic: 'hugepages',
  variable,
  block: hugepageBlock(wish),
  keys: HUGEPAGE_KEYS,
  neighbours: HUGEPAGE_NEIGHBOURS,
  carries: (line) => carriesHugepages(line, wish),
  means: (line) => meansHugepages(line, wish),
  same: sameHugepages,
})
