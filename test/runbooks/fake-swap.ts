import { swaps, swapUnits } from '../../src/library/facts/kernel/swap.ts'
import type { FakeProgram } from '../../src/testing.ts'
import { when } from './fake-questions.ts'

/** Swaps of a fake host: what is on, what exists, and the units that switch one on. */
export interface FakeSwap {
  /** In the order in which they were switched on. */
  on: readonly FakeSwapEntry[]
  readonly devices: readonly FakeSwapEntry[]
  /** Unit to the folder of its file; masked ones have moved to `masked`. */
  readonly units: Map<string, string>
  readonly masked: Set<string>
}

export interface FakeSwapEntry {
  readonly path: string
  readonly kibi: number
  readonly used: number
  readonly priority: number
}

/** Questions about swaps, and swapon, swapoff and the masking of their units. */
export const swapPrograms = (state: FakeSwap): readonly FakeProgram[] => [
  when(swaps, () => `Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n${state.on.map(line).join('')}`),
  when(swapUnits, () => unitBlocks(state)),
  [
    /^swapoff (.*)$/,
    (_host, [, words = '']) => {
      state.on = state.on.filter(({ path }) => !namesIn(words).includes(path))
      return ''
    },
  ],
  [
    /^r=0; swapon --show/,
    (_host, match) => {
      for (const [, priority, path = ''] of match.input.matchAll(/\|\| swapon (?:-p '(\d+)' )?'([^']*)'/g)) {
        const device = state.devices.find((one) => one.path === path)
        const known = state.on.some((one) => one.path === path)
        if (device && !known)
          state.on = [...state.on, { ...device, used: 0, priority: priority ? Number(priority) : -2 - state.on.length }]
      }
      return ''
    },
  ],
  [
    /^systemctl daemon-reload && .*systemctl daemon-reload$/,
    (_host, match) => {
      for (const [, verb, words = ''] of match.input.matchAll(
        /systemctl '(mask|unmask|enable|disable)' ((?:'[^']*' ?)+)/g,
      )) {
        for (const unit of namesIn(words)) {
          if (verb === 'mask' || verb === 'disable') state.masked.add(unit)
          else state.masked.delete(unit)
        }
      }
      return ''
    },
  ],
]

const line = ({ path, kibi, used, priority }: FakeSwapEntry): string =>
  `${path.replaceAll(' ', '\\040')}\t\t\t\t${path.startsWith('/dev/') ? 'partition' : 'file'}\t${kibi}\t\t${used}\t\t${priority}\n`

const unitBlocks = ({ units, masked }: FakeSwap): string =>
  [...units]
    .map(([unit, folder]) => {
      const load =
        masked.has(unit) && folder !== '/etc/systemd/system' ? 'masked' : masked.has(unit) ? 'not-found' : 'loaded'
      return `Id=${unit}\nLoadState=${load}\nUnitFileState=generated\nFragmentPath=${folder === '' ? '' : `${folder}/${unit}`}\n`
    })
    .join('\n')

const namesIn = (words: string): readonly string[] => [...words.matchAll(/'([^']*)'/g)].map(([, word = '']) => word)
