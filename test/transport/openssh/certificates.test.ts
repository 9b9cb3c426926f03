import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HostConnection } from '../../../src/model/inventory.ts'
import { createSshTransport } from '../../../src/transport/transport.ts'
import { type PrivateSshd, startPrivateSshd } from '../hosts/private-sshd.ts'
import { reveal } from '../hosts/reach.ts'

let folder: string
let sshd: PrivateSshd

const keygen = (...words: string[]) => execFileSync('ssh-keygen', ['-q', ...words])

// An sshd that knows no user's key but an authority for them, and whose own key is signed by the same authority.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runbook-certificates-'))
  chmodSync(folder, 0o755)
  for (const name of ['authority', 'other', 'host', 'certified', 'bare']) {
    keygen('-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name))
  }
  keygen('-s', join(folder, 'authority'), '-I', 'an operator', '-n', 'root', join(folder, 'certified.pub'))
  keygen('-s', join(folder, 'authority'), '-h', '-I', 'a host', '-n', '127.0.0.1', join(folder, 'host.pub'))
  sshd = await startPrivateSshd({
    sshd: [
      'AuthorizedKeysFile none',
      `TrustedUserCAKeys ${folder}/authority.pub`,
      `HostKey ${folder}/host`,
      `HostCertificate ${folder}/host-cert.pub`,
    ],
  })
  writeFileSync(join(folder, 'plain'), `[127.0.0.1]:${sshd.connection.port} ${readFileSync(join(folder, 'host.pub'))}`)
  for (const name of ['authority', 'other']) {
    writeFileSync(join(folder, `of-${name}`), `@cert-authority * ${readFileSync(join(folder, `${name}.pub`), 'utf8')}`)
  }
}, 60_000)
afterAll(async () => {
  await sshd?.down()
  rmSync(folder, { recursive: true })
})

describe('a host that trusts a certificate authority', () => {
  const certified = () => ({ identityFiles: [join(folder, 'certified')], knownHosts: [join(folder, 'plain')] })

  test('is reached with the certificate beside a key, by the transport that is chosen for it', async () => {
    expect(await reach(certified())).toBe('root\n')
  })

  test('is not reached by ssh2, which knows no certificates', async () => {
    await expect(reach({ ...certified(), transport: 'ssh2' })).rejects.toMatchObject({ code: 'E_AUTH' })
  })

  test('is reached with a certificate elsewhere that ssh_config names', async () => {
    cpSync(join(folder, 'certified'), join(folder, 'moved'))
    cpSync(join(folder, 'certified-cert.pub'), join(folder, 'elsewhere.pub'))
    const openssh = { certificateFiles: [join(folder, 'elsewhere.pub')] }

    expect(await reach({ ...certified(), identityFiles: [join(folder, 'moved')], openssh })).toBe('root\n')
  })

  test('refuses a key without one, and says which key', async () => {
    const identityFiles = [join(folder, 'bare')]

    await expect(reach({ ...certified(), identityFiles, transport: 'openssh' })).rejects.toMatchObject({
      code: 'E_AUTH',
      stage: 'auth',
      retry: false,
      message: expect.stringContaining(`${folder}/bare`),
    })
  })
})

describe('a host with a certificate', () => {
  const known = (by: string): Partial<HostConnection> => ({
    identityFiles: [join(folder, 'certified')],
    knownHosts: [join(folder, `of-${by}`)],
    openssh: { hostCertificates: true },
  })

  test('is known by its authority', async () => {
    expect(await reach(known('authority'))).toBe('root\n')
  })

  test('is unknown where another authority is trusted', async () => {
    await expect(reach(known('other'))).rejects.toMatchObject({ code: 'E_HOSTKEY_UNKNOWN', stage: 'host-key' })
  })
})

async function reach(changed: Partial<HostConnection>): Promise<string> {
  const transport = createSshTransport({ reveal })
  try {
    const line = await transport.open(
      { name: 'hv-01', connection: { ...sshd.connection, ...changed } },
      { deadline: '20s' },
    )
    return (await line.look('id -un', { limit: '5s' })).stdout
  } finally {
    await transport.close()
  }
}
