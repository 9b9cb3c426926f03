import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Hop, HostConnection } from '../../../src/model/inventory.ts'
import { createSshTransport } from '../../../src/transport/transport.ts'
import { type PrivateSshd, startPrivateSshd } from '../hosts/private-sshd.ts'
import { reveal } from '../hosts/reach.ts'

let outer: PrivateSshd
let inner: PrivateSshd
let target: PrivateSshd

beforeAll(async () => {
  // Bastions as they should be: nobody has a shell there.
  const bastion = { sshd: ['MaxSessions 0'], loginShell: '/usr/sbin/nologin' }
  ;[outer, inner, target] = await Promise.all([
    startPrivateSshd(bastion),
    startPrivateSshd(bastion),
    startPrivateSshd(),
  ])
}, 60_000)
afterAll(async () => {
  await Promise.all([outer, inner, target].map((sshd) => sshd?.down()))
})

const hop = (name: string, { connection }: PrivateSshd, changed: Partial<Hop> = {}): Hop => {
  const { become: _become, ...line } = connection
  return { name, ...line, user: 'operator', ...changed }
}
const logins = ({ log }: PrivateSshd): number => log().split('Accepted publickey').length - 1
const LIMIT = { deadline: '20s' } as const

describe('the system’s ssh', () => {
  test('reaches hosts over two hops, each of which has one login for all of them', async () => {
    const transport = createSshTransport({ reveal })
    const via = [hop('outer', outer), hop('inner', inner)]
    const names = Array.from({ length: 6 }, (_, index) => `hv-${index}`)

    const lines = await Promise.all(names.map((name) => transport.open(reached({ via }, name), LIMIT)))
    const answers = await Promise.all(lines.map((line) => line.look('echo $SSH_CONNECTION', { limit: '10s' })))
    await transport.close()

    expect(answers.map(({ stdout }) => stdout.trim().split(' ').at(-1))).toEqual(
      Array(6).fill(String(target.connection.port)),
    )
    expect([outer, inner, target].map(logins)).toEqual([1, 1, 6])
  })

  test('names the hop that lets nobody through', async () => {
    const transport = createSshTransport({ reveal })
    const via = [hop('outer', outer, { hostKeys: { kind: 'pinned', fingerprint: `SHA256:${'x'.repeat(43)}` } })]

    await expect(transport.open(reached({ via }), LIMIT)).rejects.toMatchObject({
      code: 'E_HOSTKEY_CHANGED',
      message: expect.stringContaining('hv-01: the way to it is closed: outer: the host key of 127.0.0.1:'),
    })
    await transport.close()
  })

  test('says with the hop’s own words why the host is not reached behind it', async () => {
    const transport = createSshTransport({ reveal })

    await expect(transport.open(reached({ via: [hop('outer', outer)], port: 1 }), LIMIT)).rejects.toMatchObject({
      code: 'E_PROXY',
      stage: 'dial',
      retry: true,
      message: expect.stringContaining('hv-01: the way to 127.0.0.1:1 through another machine'),
    })
    await transport.close()
  })

  test('is chosen for a ProxyCommand, and runs it', async () => {
    const transport = createSshTransport({ reveal })
    const { folder, connection } = outer
    const keys = `-o UserKnownHostsFile=${folder}/known_hosts -o IdentityFile=${folder}/key`
    const proxyCommand = `ssh -F none -o BatchMode=yes ${keys} -p ${connection.port} -W %h:%p operator@127.0.0.1`
    const { transport: _said, ...host } = reached({ openssh: { proxyCommand } }).connection

    const line = await transport.open({ name: 'hv-01', connection: host }, LIMIT)

    expect((await line.look('echo through', { limit: '5s' })).stdout).toBe('through\n')
    await transport.close()
  })

  test('says what a ProxyCommand that fails has said', async () => {
    const transport = createSshTransport({ reveal })
    const openssh = { proxyCommand: "sh -c 'echo the tunnel is down >&2; exit 1'" }

    await expect(transport.open(reached({ openssh }), LIMIT)).rejects.toMatchObject({
      code: 'E_PROXY',
      stage: 'dial',
      message: expect.stringContaining('the tunnel is down'),
    })
    await transport.close()
  })
})

function reached(changed: Partial<HostConnection>, name = 'hv-01') {
  const transport: HostConnection['transport'] = 'openssh'
  return { name, connection: { ...target.connection, transport, ...changed } }
}
