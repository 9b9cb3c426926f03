import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  fingerprintOf,
  indexKnownHosts,
  knownHostName,
  parseKnownHosts,
} from '../../../src/transport/ssh/known-hosts.ts'

const key = (type: string, body: string): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(type.length)
  return Buffer.concat([length, Buffer.from(type), Buffer.from(body)])
}
const ours = key('ssh-ed25519', 'ours')
const theirs = key('ssh-ed25519', 'theirs')
const rsa = key('ssh-rsa', 'rsa')
const line = (names: string, of: Buffer, type = 'ssh-ed25519'): string => `${names} ${type} ${of.toString('base64')}\n`
const known = (text: string) => indexKnownHosts(parseKnownHosts(text, 'known_hosts'))

function hashed(name: string, of: Buffer): string {
  const salt = Buffer.from('twenty bytes of salt')
  const hash = createHmac('sha1', salt).update(name).digest('base64')
  return line(`|1|${salt.toString('base64')}|${hash}`, of)
}

describe('known hosts', () => {
  test('knows a plain name, one of several, and an address with a port', () => {
    const hosts = known(`# comment\n\n${line('hv-01,192.0.2.1', ours)}${line('[192.0.2.1]:2222', theirs)}`)

    const verdicts = [
      hosts.judge('hv-01', ours),
      hosts.judge('192.0.2.1', ours),
      hosts.judge(knownHostName('192.0.2.1', 2222), theirs),
      hosts.judge(knownHostName('HV-01', 22), ours),
    ]

    expect(verdicts).toEqual(Array(4).fill({ kind: 'known' }))
  })

  test('calls a host of which nothing is known unknown', () => {
    const hosts = known(line('hv-01', ours))

    const verdict = hosts.judge('hv-02', ours)

    expect(verdict).toEqual({ kind: 'unknown' })
  })

  test('calls another key of a known host changed, also of another type, and says which line knows better', () => {
    const hosts = known(`${line('other', theirs)}${line('hv-01', ours)}`)

    const verdicts = [hosts.judge('hv-01', theirs), hosts.judge('hv-01', rsa)]

    expect(verdicts).toEqual(Array(2).fill({ kind: 'changed', where: 'known_hosts:2' }))
  })

  test('finds hashed names by the key, and by trial where the key differs', () => {
    const hosts = known(hashed('hv-01', ours))

    const verdicts = [hosts.judge('hv-01', ours), hosts.judge('hv-01', theirs), hosts.judge('hv-02', ours)]

    expect(verdicts.map(({ kind }) => kind)).toEqual(['known', 'changed', 'unknown'])
    expect([hosts.types('hv-01'), hosts.entriesByTrial('hv-01').map(({ type }) => type)]).toEqual([[], ['ssh-ed25519']])
  })

  test('refuses a revoked key under every name that the line admits, even where it is also known', () => {
    const hosts = known(`${line('hv-01', ours)}@revoked ${line('*', ours)}`)

    const verdict = hosts.judge('hv-01', ours)

    expect(verdict).toEqual({ kind: 'revoked', where: 'known_hosts:2' })
  })

  test('follows wildcards and their exceptions', () => {
    const hosts = known(line('*.example.net,!bad.example.net,10.0.?.1', ours))

    const kinds = ['a.example.net', 'bad.example.net', '10.0.7.1', '10.0.77.1', 'axexample.net'].map(
      (name) => hosts.judge(name, ours).kind,
    )

    expect(kinds).toEqual(['known', 'unknown', 'known', 'unknown', 'unknown'])
  })

  test('tells that only a certificate authority is named for a host', () => {
    const hosts = known(`@cert-authority ${line('*.example.net', ours)}${line('b.example.net', theirs)}`)

    const only = ['a.example.net', 'b.example.net', 'elsewhere'].map((name) => hosts.onlyAuthority(name))

    expect(only).toEqual([true, false, false])
    expect(hosts.judge('a.example.net', theirs)).toEqual({ kind: 'unknown' })
  })

  test('passes over lines that are none', () => {
    const entries = parseKnownHosts('hv-01\nhv-01 ssh-ed25519\n@strange hv-01 ssh-ed25519 AAAA\n\0\0\n', 'known_hosts')

    expect(entries).toEqual([])
  })

  test('looks ten thousand hashed hosts up without trying each', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `hv-${index}`)
    const hosts = known(names.map((name) => hashed(name, key('ssh-ed25519', name))).join(''))

    const kinds = new Set(names.map((name) => hosts.judge(name, key('ssh-ed25519', name)).kind))

    expect([...kinds]).toEqual(['known'])
  })

  test('prints a fingerprint as ssh-keygen does', () => {
    const { publicKey, fingerprint } = {
      publicKey: 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl',
      fingerprint: 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
    }

    expect(fingerprintOf(Buffer.from(publicKey, 'base64'))).toBe(fingerprint)
  })
})
