import { extname } from 'node:path'

/** Whether a file is read as INI or as YAML, which JSON is too: by its ending, else by its first line that says something. */
export function formOf(path: string, text: string): 'ini' | 'yaml' {
  const ending = extname(path)
  if (ending === '.ini') return 'ini'
  if (['.yaml', '.yml', '.json'].includes(ending)) return 'yaml'
  const first = /^[ \t]*(?![ \t\r\n#;]).+$/m.exec(text)?.[0] ?? ''
  return /^\s*(?:---|%YAML|\{|(["']?)[\w.-]+\1\s*:(?:\s|$))/.test(first) ? 'yaml' : 'ini'
}

const OWN_KEYS = new Set(['hosts', 'groups', 'connection', 'vars', 'overrides'])

/**
 * Whether YAML is an inventory in the product's own form, and not a map of groups as Ansible has it. A file that could
 * be neither is taken for an own one with a mistake in it.
 */
export function isOwnForm(text: string): boolean {
  const keys = topKeys(text)
  if (keys.some((key) => ['all', 'ungrouped', '_meta', 'plugin'].includes(key))) return false
  if (keys.some((key) => OWN_KEYS.has(key))) return true
  const indent = /^[^\s#-][^\n]*\r?\n(?:\s*(?:#.*)?\r?\n)*( +)(?=[^\s#])/m.exec(text)?.[1]
  return indent === undefined || !new RegExp(`^${indent}(?:hosts|children|vars)["']?\\s*:`, 'm').test(text)
}

/** Found without parsing: a file of 100,000 hosts is parsed once, by whoever it is for. */
function topKeys(text: string): readonly string[] {
  if (/^\s*\{/.test(text)) {
    try {
      return Object.keys(JSON.parse(text) as object)
    } catch {
      return [...text.matchAll(/^\s*\{?\s*["']?(\w+)["']?\s*:/g)].map(([, key = '']) => key)
    }
  }
  return [...text.matchAll(/^\uFEFF?(["']?)([\w.-]+)\1[ \t]*:(?=\s|$)/gm)].map(([, , key = '']) => key)
}
