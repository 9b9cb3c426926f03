import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { HostConnection, TransportName } from '../../../src/model/inventory.ts'
import { secret } from '../../../src/model/secret.ts'
import { createSshTransport, type SshTransportOptions } from '../../../src/transport/transport.ts'
import { type PrivateSshd, type PrivateSshdOptions, startPrivateSshd } from './private-sshd.ts'

const PASSWORDS: Readonly<Record<string, string>> = { 'env:RIGHT': 'open sesame', 'env:WRONG': 'open barley' }
export const reveal = (reference: string) => secret(PASSWORDS[reference] ?? '', reference)

/** Who speaks SSH: what is promised of one is promised of both. */
export const BOTH = ['ssh2', 'openssh'] as const

/** Milliseconds that starting an sshd may take on a machine that is busy with other tests. */
export const UP_WITHIN = 60_000

/** One sshd for the tests of a file. */
export function useSshd({ transport, ...options }: PrivateSshdOptions & { readonly transport?: TransportName } = {}): {
  readonly sshd: PrivateSshd
  reach(changed?: Partial<HostConnection>, options?: Partial<SshTransportOptions>): Promise<string>
  write(name: string, text: string): string
} {
  let sshd: PrivateSshd | undefined
  beforeAll(async () => {
    const up = await startPrivateSshd(options)
    sshd = transport ? { ...up, connection: { ...up.connection, transport } } : up
  }, UP_WITHIN)
  afterAll(() => sshd?.down())
  const given = () => {
    if (!sshd) throw new Error('sshd is not up yet')
    return sshd
  }

  /** Opens a line with parts of the connection changed, asks who it is, and closes it again. */
  async function reach(
    changed: Partial<HostConnection> = {},
    more: Partial<SshTransportOptions> = {},
  ): Promise<string> {
    const transport = createSshTransport({ reveal, ...more })
    const host = { name: 'hv-01', connection: { ...given().connection, ...changed } }
    try {
      const connection = await transport.open(host, { deadline: '20s' })
      const { stdout } = await connection.look('id -un; echo $HOME', { limit: '5s' })
      await connection.close()
      return stdout
    } finally {
      await transport.close()
    }
  }

  return {
    get sshd() {
      return given()
    },
    reach,
    write(name, text) {
      const path = join(given().folder, name)
      writeFileSync(path, text)
      return path
    },
  }
}
