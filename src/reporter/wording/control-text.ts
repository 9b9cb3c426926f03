import type { ControlEvent } from '../../model/event.ts'
import type { Json } from '../../model/json.ts'
import { printableLine } from '../../model/printable.ts'
import { foldHosts } from './fold-hosts.ts'

/** What somebody did to a run or to a host of it, by whom and why. */
export function controlText({ run, host, action, data, who, reason }: ControlEvent): string {
  const why = reason ? `, because ${reason}` : ''
  return printableLine(`${host ?? `run ${run}`}: ${CONTROLLED[action](partsOf(data))}, by ${who}${why}`)
}

/** The data of a row by its keys; `''` for a row whose data is one word. */
type Parts = Readonly<Record<string, Json | undefined>>

const CONTROLLED: Readonly<Record<ControlEvent['action'], (parts: Parts) => string>> = {
  back: ({ reboot }) => `sent back${reboot === true ? ', with a reboot where that needs one' : ''}`,
  pause: () => 'paused',
  cancel: () => 'cancelled',
  resume: () => 'opened again',
  override: ({ code, hosts }) => `${word(code)} is overridden for ${foldHosts(words(hosts))}`,
  resolve: ({ step, as }) => `${word(step)} is resolved: ${word(as)}`,
  unlock: ({ ended, epoch }) => `unlocked, epoch ${word(epoch)}${after('; ended: ', words(ended))}`,
  consent: ({ without }) => `goes on without ${foldHosts(words(without))}`,
  'accept-changes': ({ differences }) => `changes are accepted${after(': ', words(differences))}`,
  'reboot-again': () => 'a further reboot is allowed',
  end: ({ '': cause }) => ENDS[word(cause)] ?? `stops: ${word(cause)}`,
}

const ENDS: Readonly<Record<string, string>> = {
  done: 'has come to its end',
  interrupted: 'was interrupted',
  budget: 'starts no further host: more have failed than it allows',
  paused: 'is paused before its next hosts',
  unhealthy: 'starts no further host: the health command said no',
  'too-late': 'starts no further host: the time for it is over',
}

// What another version wrote may lack a key: the row is still told, with less in it.
const partsOf = (data: Json): Parts =>
  data !== null && typeof data === 'object' && !Array.isArray(data) ? (data as Parts) : { '': data }
const word = (value: Json | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? `${value}` : ''
const words = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(word) : [])
const after = (start: string, list: readonly string[]): string => (list.length > 0 ? start + list.join(', ') : '')
