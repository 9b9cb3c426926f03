import { RANGE_LIMIT } from '../../expand-range.ts'

/** Hosts that a pattern of an Ansible inventory stands for, and the port that it gives all of them. */
export type NamedHosts =
  | { readonly kind: 'hosts'; readonly names: readonly string[]; readonly port?: number }
  | { readonly kind: 'fault'; readonly fault: string }

/**
 * Reads `web[01:40:2].example.com`, `rack-[a:f]`, `host:2222`, `[2001:db8::1]:22` as Ansible does. An IPv6 address
 * may stand alone; with a port it needs brackets.
 */
export function namedHosts(text: string): NamedHosts {
  const bracketed = /^\[([\da-fA-F:.]+)\]:(\d+)$/.exec(text)
  const [, name = text, portText] = bracketed ?? (isAddress(text) ? [] : (PORT.exec(text) ?? []))
  const port = portText === undefined ? undefined : Number(portText)
  const names = bracketed ? [name] : expand(name)
  if (typeof names === 'string') return { kind: 'fault', fault: `${JSON.stringify(text)}: ${names}` }
  const bad = names.find((one) => !isHostName(one))
  if (bad !== undefined) return { kind: 'fault', fault: `${JSON.stringify(bad)} cannot be the name of a host. ${RULE}` }
  return { kind: 'hosts', names, ...(port === undefined ? {} : { port }) }
}

/** Never an option, a path or a piece of shell. */
export const isHostName = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/.test(name) || isAddress(name)

/** Inert in patterns: group names go nowhere else. */
export const isGroupName = (name: string): boolean => /^[\p{L}\p{N}_][\p{L}\p{N}_.+@=/-]*$/u.test(name)

const RULE = 'Names have letters of A to Z, digits, dots, dashes and underscores, or are IP addresses.'

const isAddress = (text: string): boolean => /^(?=.*:.*:)[\da-fA-F:]+(?:\d+\.\d+\.\d+\.\d+)?$/.test(text)

/** A port behind a name; colons within brackets belong to ranges. */
const PORT = /^((?:[^:[\]]|\[[^\]]*\])+):(\d+)$/

/** The names, or what is wrong. */
function expand(text: string): readonly string[] | string {
  if (!/[[\]]/.test(text)) return [text]
  const match = /^([^[\]]*)\[([^[\]]*)\](.*)$/s.exec(text)
  if (!match) return 'a range is written as [01:40], [01:40:2] or [a:f]'
  const [, before = '', range = '', after = ''] = match
  const middles = rangeOf(range)
  if (typeof middles === 'string') return middles
  const ends = expand(after)
  if (typeof ends === 'string') return ends
  if (middles.length * ends.length > RANGE_LIMIT) return `these are more than ${RANGE_LIMIT} hosts`
  return middles.flatMap((middle) => ends.map((end) => before + middle + end))
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

function rangeOf(range: string): readonly string[] | string {
  const [from = '', to, step = '1', ...more] = range.split(':')
  const first = from === '' ? '0' : from
  if (to === undefined || more.length > 0) return 'a range is begin:end or begin:end:step'
  if (to === '') return 'a range must say where it ends'
  if (!/^[1-9]\d{0,5}$/.test(step)) return `the step "${step}" of a range must be a number from 1`
  if (/^[A-Za-z]$/.test(first) && /^[A-Za-z]$/.test(to)) {
    const [start, end] = [LETTERS.indexOf(first), LETTERS.indexOf(to)]
    if (start > end) return 'a range of letters must begin before it ends'
    return [...LETTERS.slice(start, end + 1)].filter((_, index) => index % Number(step) === 0)
  }
  if (!/^\d{1,9}$/.test(first) || !/^\d{1,9}$/.test(to)) return 'both ends of a range are numbers or both are letters'
  const padded = /^0\d/.test(first)
  if (padded && first.length !== to.length) return 'both ends of a range with leading zeros must be equally long'
  const count = Math.max(0, Math.floor((Number(to) - Number(first)) / Number(step)) + 1)
  if (count > RANGE_LIMIT) return `these are more than ${RANGE_LIMIT} hosts`
  return Array.from({ length: count }, (_, index) =>
    String(Number(first) + index * Number(step)).padStart(padded ? first.length : 0, '0'),
  )
}
