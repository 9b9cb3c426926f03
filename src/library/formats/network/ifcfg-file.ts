import { type ShellAssignment, shellAssignments } from '../shell-assignments.ts'
import { nameForTool } from './features.ts'
import { type FeatureWish, inOrder } from './offload-files.ts'

const OPTIONS = 'ETHTOOL_OPTS'

/**
 * Has an ifcfg file switch features when initscripts bring its interface up: they give each group of ETHTOOL_OPTS, parted
 * by `;`, to ethtool. Other groups stay, and so does every other line. Null where the value is put together in a way that
 * cannot be edited.
 *
 *     withEthtoolOptions('DEVICE=eth0\n', 'eth0', { tso: 'off' })
 *     // 'DEVICE=eth0\nETHTOOL_OPTS="-K ${DEVICE} tso off"\n'
 */
export function withEthtoolOptions(text: string, name: string, wish: FeatureWish): string | null {
  const now = shellAssignments(text, [OPTIONS]).at(-1)
  const value = now ? doubleQuoted(now) : ''
  if (value === null) return null
  if (saysAll(value, wish)) return text
  const device = shellAssignments(text, ['DEVICE']).length > 0 ? '${DEVICE}' : name
  const words = inOrder(wish).map(([feature, state]) => `${nameForTool(feature)} ${state}`)
  const groups = [
    ...groupsOf(value).flatMap((group) => withoutFeatures(group, wish)),
    `-K ${device} ${words.join(' ')}`,
  ]
  const assigned = `"${groups.join('; ')}"`
  if (now) return text.slice(0, now.start) + assigned + text.slice(now.end)
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${OPTIONS}=${assigned}\n`
}

const groupsOf = (value: string): readonly string[] =>
  value
    .split(';')
    .map((group) => group.trim())
    .filter((group) => group !== '')

const SWITCHING = /^(-K|--offload|--features)\s/

/** The pairs of a group that switches features: `-K eth0 tso off` gives `tso off`. */
const pairsOf = (group: string): readonly (readonly [feature: string, value: string])[] => {
  const [, , ...words] = SWITCHING.test(group) ? group.split(/\s+/) : []
  return words.flatMap((feature, at) => (at % 2 === 0 ? [[feature, words[at + 1] ?? ''] as const] : []))
}

/** The groups are run in their order: the last pair of a feature is the one that holds. */
function saysAll(value: string, wish: FeatureWish): boolean {
  const said = new Map(groupsOf(value).flatMap((group) => pairsOf(group).map(([name, on]) => [nameForTool(name), on])))
  return inOrder(wish).every(([name, state]) => said.get(nameForTool(name)) === state)
}

function withoutFeatures(group: string, wish: FeatureWish): readonly string[] {
  const wished = new Set(Object.keys(wish).map(nameForTool))
  const pairs = pairsOf(group)
  const kept = pairs.filter(([name]) => !wished.has(nameForTool(name)))
  if (kept.length === pairs.length) return [group]
  if (kept.length === 0) return []
  return [[...group.split(/\s+/).slice(0, 2), ...kept.flat()].join(' ')]
}

/** The value as it stands between double quotes. */
function doubleQuoted({ raw }: ShellAssignment): string | null {
  if (/^"(?:[^"\\`]|\\.)*"$/.test(raw)) return raw.slice(1, -1)
  if (/^'[^']*'$/.test(raw)) return raw.slice(1, -1).replace(/[\\"$`]/g, '\\$&')
  return /^[^"'`\\]*$/.test(raw) ? raw : null
}
