import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'

const PORT = 2222
/** What answers is 127.0.0.3 and ::1; 192.0.2.1 drops every packet; to 192.0.2.9 there is no way. */
const HOSTS = `127.0.0.1 localhost
127.0.0.2 second
127.0.0.3 second
192.0.2.1 dropped-first
127.0.0.3 dropped-first
192.0.2.9 no-way-first
::1 no-way-first
127.0.0.2 none
192.0.2.9 none
127.0.0.2 both-refuse
127.0.0.4 both-refuse
`

let outcomes: Readonly<Record<string, unknown>> = {}
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-addresses-'))
  writeFileSync(join(folder, 'hosts'), HOSTS)
  const names = ['second', 'dropped-first', 'no-way-first', 'none', 'both-refuse', '192.0.2.1', '192.0.2.9', '::1']
  // What is sent to an address behind lo that is nobody's is dropped, as nothing is forwarded.
  const script = `set -e; ip link set lo up; ip route add 192.0.2.1 dev lo; mount --bind ${folder}/hosts /etc/hosts
    exec ${process.execPath} ${join(import.meta.dirname, 'ask-addresses.ts')} ${PORT} 1200 ${names.join(' ')}`
  try {
    outcomes = JSON.parse(execFileSync('unshare', ['--net', '--mount', 'sh', '-c', script], { encoding: 'utf8' }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 60_000)

describe('a host', () => {
  test.each([
    ['second', '127.0.0.3'],
    ['dropped-first', '127.0.0.3'],
    ['no-way-first', '::1'],
    ['::1', '::1'],
  ])('by the name %s is reached at the address that answers', (name, address) => {
    expect(outcomes[name]).toBe(address)
  })

  test('to which no route leads is told so', () => {
    expect(outcomes['192.0.2.9']).toMatchObject({ code: 'E_NO_ROUTE', stage: 'dial', retry: true })
  })

  test('whose packets are dropped is given up within its time, which is named', () => {
    expect(outcomes['192.0.2.1']).toMatchObject({
      code: 'E_DIAL_TIMEOUT',
      stage: 'dial',
      retry: true,
      message: `hv-01: no answer on 192.0.2.1:${PORT} within 1.2s`,
    })
  })

  test('none of whose addresses answers is told with the reason of each', () => {
    expect(outcomes.none).toMatchObject({ code: 'E_DIAL', stage: 'dial' })
    expect(outcomes.none).toHaveProperty(
      'message',
      expect.stringMatching(/ECONNREFUSED 127\.0\.0\.2.*192\.0\.2\.9|192\.0\.2\.9.*ECONNREFUSED 127\.0\.0\.2/),
    )
  })

  test('all of whose addresses refuse is told once', () => {
    expect(outcomes['both-refuse']).toMatchObject({
      code: 'E_REFUSED',
      message: `hv-01: both-refuse:${PORT} refuses connections`,
    })
  })
})
