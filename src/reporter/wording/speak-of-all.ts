import { limitWord } from './fold-hosts.ts'

/** Members that are sentences; everything else is left as it is. */
const SENTENCES = new Set(['text', 'remedy', 'tail', 'owned'])

/**
 * Plain data about one host as data about several that are alike: sentences say "the host" for its name, and commands
 * are limited to all of them.
 *
 *     speakOfAll({ text: 'hv-01: no route to hv-01' }, 'hv-01', ['hv-01', 'hv-02'])   // { text: 'no route to the host' }
 */
export function speakOfAll<Data>(data: Data, host: string, all: readonly string[]): Data {
  const bare = (key: string, value: unknown): unknown => {
    if (typeof value === 'string')
      return SENTENCES.has(key) && value.includes(host) ? sentence(value, host, all) : value
    if (Array.isArray(value)) return value.map((member) => bare('', member))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, bare(name, member)]))
  }
  // Sentences stay sentences, and nothing else is touched.
  return bare('', data) as Data
}

function sentence(text: string, host: string, all: readonly string[]): string {
  const escaped = host.replace(/[^\w]/g, '\\$&')
  const name = `(?<![\\w.-])${escaped}(?![\\w-]|\\.\\w)`
  const speak = (_name: string, flag?: string): string => (flag ? `${flag}${limitWord(all)}` : 'the host')
  return text.replace(new RegExp(`^${name}: `), '').replace(new RegExp(`(--limit |-l )?${name}`, 'g'), speak)
}
