import type { IncomingHttpHeaders } from 'node:http'

/** Of every answer: the page runs its own files alone, speaks with its own server alone, and is in nobody's frame. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

const NAMES = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Was this machine meant, and by a page of ours if by a page? A name of somebody else's that leads here is not: its pages
 * would be let read what we answer. Any port: a tunnel may end at another one.
 */
export function isFromHere({ host = '', origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  const name = host.replace(/:\d+$/, '')
  if (!NAMES.has(name)) return false
  if (origin !== undefined && origin !== `http://${host}`) return false
  return site === undefined || site === 'same-origin' || site === 'none'
}
