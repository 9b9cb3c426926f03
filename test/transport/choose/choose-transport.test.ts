import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chooseTransport } from '../../../src/transport/choose/choose-transport.ts'
import { makeIdentityFacts } from '../../../src/transport/choose/identity-facts.ts'

const plain = { path: '/k', certificate: false, hardware: false }

describe('who speaks SSH', () => {
  test('is ssh2 where nothing asks for more', () => {
    const chosen = chooseTransport({ said: 'auto', identities: [plain], wishes: {} })

    expect(chosen).toEqual({ transport: 'ssh2', because: 'nothing asks for more' })
  })

  test.each([
    ['a certificate beside a key', { identities: [plain, { ...plain, certificate: true }] }, '/k has a certificate'],
    ['a hardware key', { identities: [{ ...plain, hardware: true }] }, '/k is a hardware key'],
    ['a ProxyCommand', { wishes: { proxyCommand: 'nc %h %p' } }, 'ssh_config has a ProxyCommand for it'],
    ['a CertificateFile', { wishes: { certificateFiles: ['/c'] } }, 'ssh_config has a CertificateFile for it'],
    ['PKCS#11', { wishes: { pkcs11Provider: '/lib.so' } }, 'ssh_config has a PKCS11Provider for it'],
    ['GSSAPI', { wishes: { gssapi: true } }, 'ssh_config wants GSSAPI for it'],
    ['host certificates', { wishes: { hostCertificates: true } }, 'known_hosts has a certificate authority for it'],
  ] as const)('is the system’s ssh for %s', (_what, facts, because) => {
    const chosen = chooseTransport({ said: 'auto', identities: [], ...facts })

    expect(chosen).toEqual({ transport: 'openssh', because })
  })

  test.each(['ssh2', 'openssh', 'local'] as const)('is %s where the inventory says so', (said) => {
    const chosen = chooseTransport({ said, identities: [{ ...plain, certificate: said === 'ssh2' }], wishes: {} })

    expect(chosen).toEqual({ transport: said, because: 'the inventory says so' })
  })
})

test('what lies at an identity file is told from the files beside it, or its own public half', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-identities-'))
  const at = (name: string) => join(folder, name)
  for (const name of ['plain', 'certified']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)])
  }
  writeFileSync(at('certified-cert.pub'), '')
  writeFileSync(at('fido.pub'), 'sk-ssh-ed25519@openssh.com AAAA comment\n')
  const half = Buffer.from('openssh-key-v1\0 none sk-ecdsa-sha2-nistp256@openssh.com').toString('base64')
  writeFileSync(at('alone'), `-----BEGIN OPENSSH PRIVATE KEY-----\n${half}\n-----END OPENSSH PRIVATE KEY-----\n`)

  const facts = await makeIdentityFacts()(['plain', 'certified', 'fido', 'alone', 'missing'].map(at))

  expect(facts).toEqual([
    { path: at('plain'), certificate: false, hardware: false },
    { path: at('certified'), certificate: true, hardware: false },
    { path: at('fido'), certificate: false, hardware: true },
    { path: at('alone'), certificate: false, hardware: true },
    { path: at('missing'), certificate: false, hardware: false },
  ])
  rmSync(folder, { recursive: true })
})
