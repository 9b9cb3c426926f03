import { byBootOrder } from './drop-in-order.ts'

/** A sysctl key as files of sysctl.d set it. */
export interface SysctlSetting {
  readonly path: string
  /** With dots, such as `vm.swappiness`. */
  readonly key: string
  readonly value: string
}

/**
 * Reads lines of `PATH:LINE` as grep prints them from sysctl.conf and sysctl.d, and gives for each key the setting that
 * a boot ends with. A line may begin with `-`, and may part the key by slashes.
 */
export function readSysctlSettings(text: string): ReadonlyMap<string, SysctlSetting> {
  const all = [...text.matchAll(/^(\/[^:\n]*):\s*-?\s*([^=#;\s][^=\n]*?)\s*=\s*(.*?)\s*$/gm)].map(
    ([, path = '', key = '', value = '']): SysctlSetting => ({ path, key: dotted(key), value }),
  )
  const ordered = all.toSorted((a, b) => byBootOrder(a.path, b.path))
  return new Map(ordered.map((setting) => [setting.key, setting]))
}

/** The file of a key: `vm.swappiness` is /proc/sys/vm/swappiness; a slash in a key stands for a dot in a name. */
export const sysctlFile = (key: string): string => `/proc/sys/${swapped(key)}`

/** Only where the first separator is a slash do slashes part the key; a dot then belongs to a name. */
const dotted = (key: string): string => (/[./]/.exec(key)?.[0] === '/' ? swapped(key) : key)

const swapped = (key: string): string => key.replace(/[./]/g, (character) => (character === '/' ? '.' : '/'))
