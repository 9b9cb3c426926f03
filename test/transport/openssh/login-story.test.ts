import { describe, expect, test } from 'vitest'
import { BEGINNING, hearLine, whyEnded } from '../../../src/transport/openssh/login-story.ts'
import { unreachableOf } from '../../../src/transport/unreachable.ts'

const connection = {
  address: '192.0.2.1',
  port: 22,
  user: 'ops',
  identityFiles: [],
  knownHosts: [],
  hostKeys: { kind: 'strict' },
  become: 'none',
} as const

/** Lines of OpenSSH 9.2 up to the login, and what follows them. */
function endedAfter(...lines: readonly string[]): unknown {
  const before = ['debug1: Connection established.', 'debug1: SSH2_MSG_NEWKEYS received']
  const story = [...before, ...lines].reduce(hearLine, BEGINNING)
  return whyEnded(story, { connection, unreachable: unreachableOf('hv-01', connection), tried: 'the agent' })
}
const offer = (key: string) => `debug1: Offering public key: ${key} ED25519 SHA256:${key} agent`

describe('a login that ends without a word', () => {
  test('after several keys is not tried again by itself: sshd tries only so many', () => {
    const end = 'Connection closed by 192.0.2.1 port 22'

    expect(endedAfter(offer('one'), offer('two'), end)).toMatchObject({
      code: 'E_TOO_MANY_KEYS',
      retry: false,
      remedy: expect.stringContaining('MaxAuthTries'),
    })
  })

  test('after one key may be a host that starts, and is tried again', () => {
    expect(endedAfter(offer('one'), 'Connection reset by 192.0.2.1 port 22')).toMatchObject({
      code: 'E_HUNG_UP',
      retry: true,
    })
  })
})
