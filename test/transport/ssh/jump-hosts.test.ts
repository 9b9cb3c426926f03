import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Hop, HostConnection } from '../../../src/model/inventory.ts'
import { createSshTransport } from '../../../src/transport/transport.ts'
import { type PrivateSshd, startPrivateSshd } from '../hosts/private-sshd.ts'
import { reveal } from '../hosts/reach.ts'

const HOSTS = 30
/** As sshd drops connections: by lot from two logins under way, each from three. */
const NARROW = 'MaxStartups 2:50:3'

let outer: PrivateSshd
let inner: PrivateSshd
let target: PrivateSshd

beforeAll(async () => {
  ;[outer, inner, target] = await Promise.all([
    startPrivateSshd({ sshd: [NARROW] }),
    startPrivateSshd({ sshd: [NARROW] }),
    startPrivateSshd({ sshd: [NARROW] }),
  ])
  // Three of them start side by side.
}, 60_000)
afterAll(async () => {
  await Promise.all([outer, inner, target].map((sshd) => sshd?.down()))
})

const hop = (name: string, { connection }: PrivateSshd, changed: Partial<Hop> = {}): Hop => {
  const { become: _become, ...line } = connection
  return { name, ...line, ...changed }
}
const reached = (via: readonly Hop[], name = 'hv-01', changed: Partial<HostConnection> = {}) => ({
  name,
  connection: { ...target.connection, via, ...changed },
})
const logins = ({ log }: PrivateSshd): number => log().split('Accepted publickey').length - 1

describe('hosts behind jump hosts', () => {
  test('share one connection to each bastion, and are all reached where sshd drops logins', async () => {
    const transport = createSshTransport({ reveal })
    const via = [hop('outer', outer), hop('inner', inner)]
    const names = Array.from({ length: HOSTS }, (_, index) => `hv-${index}`)

    const lines = await Promise.all(names.map((name) => transport.open(reached(via, name), { deadline: '2m' })))
    const answers = await Promise.all(lines.map((line) => line.look('echo $SSH_CONNECTION', { limit: '30s' })))
    await transport.close()

    expect(answers.map(({ stdout }) => stdout.trim().split(' ').at(-1))).toEqual(
      Array(HOSTS).fill(String(target.connection.port)),
    )
    expect([outer, inner, target].map(logins)).toEqual([1, 1, HOSTS])
    // Without drops the test would say nothing about them.
    expect(target.log()).toContain('MaxStartups')
  }, 150_000)

  test('are reached through a new connection after the bastion lost the old one', async () => {
    const transport = createSshTransport({ reveal })
    const via = [hop('outer', outer)]
    const before = logins(outer)
    const first = await transport.open(reached(via), { deadline: '30s' })
    await outer.cut()
    await expect(first.look('true', { limit: '5s' })).rejects.toMatchObject({ code: 'E_LOST' })

    const second = await transport.open(reached(via), { deadline: '30s' })

    expect((await second.look('echo back', { limit: '5s' })).stdout).toBe('back\n')
    expect(logins(outer) - before).toBe(2)
    await transport.close()
  }, 60_000)

  test('are not reached through a bastion whose key is another one, and none of them asks it twice', async () => {
    const transport = createSshTransport({ reveal })
    const pin = { kind: 'pinned', fingerprint: `SHA256:${'x'.repeat(43)}` } as const
    const via = [hop('outer', outer, { hostKeys: pin })]
    const connections = () => outer.log().split('Connection from').length

    const before = connections()
    const all = await Promise.allSettled(['hv-1', 'hv-2'].map((name) => transport.open(reached(via, name), LIMIT)))
    await transport.close()

    expect(all.map((one) => one.status === 'rejected' && one.reason)).toMatchObject(
      ['hv-1', 'hv-2'].map((name) => ({
        code: 'E_HOSTKEY_CHANGED',
        stage: 'host-key',
        message: expect.stringContaining(`${name}: the way to it is closed: outer: the host key of 127.0.0.1:`),
      })),
    )
    await expect.poll(() => connections() - before).toBe(1)
  })

  test('have their own keys judged at the end of the way', async () => {
    const pin = { kind: 'pinned', fingerprint: `SHA256:${'x'.repeat(43)}` } as const
    const transport = createSshTransport({ reveal })

    const opened = transport.open(reached([hop('outer', outer)], 'hv-01', { hostKeys: pin }), LIMIT)

    await expect(opened).rejects.toMatchObject({
      code: 'E_HOSTKEY_CHANGED',
      message: expect.stringMatching(/^hv-01: the host key of/),
    })
    await transport.close()
  })

  test('take turns behind one bastion, eight handshakes at a time', async () => {
    let came = 0
    const silent = createServer((socket) => {
      came += 1
      socket.on('error', () => {}).resume()
    })
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening))
    const address = silent.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const transport = createSshTransport({ reveal })
    const via = [hop('outer', outer)]
    await transport.open(reached(via), LIMIT)
    const before = logins(outer)

    const all = Array.from({ length: 20 }, (_, index) =>
      transport.open(reached(via, `hv-${index}`, { port }), { deadline: '1s' }),
    )
    await Promise.race(all).catch(() => {})
    const atFirst = came
    await Promise.allSettled(all)
    await transport.close()
    silent.close()

    expect([atFirst, came, logins(outer) - before]).toEqual([8, 20, 0])
  }, 60_000)

  test('say that the bastion reaches nobody at their address', async () => {
    const transport = createSshTransport({ reveal })
    const nobody = await freePort()

    const opened = transport.open(reached([hop('outer', outer)], 'hv-01', { port: nobody }), LIMIT)

    await expect(opened).rejects.toMatchObject({
      code: 'E_FORWARD_FAILED',
      stage: 'dial',
      retry: true,
      message: expect.stringContaining(`hv-01: its jump host outer cannot connect to 127.0.0.1:${nobody}`),
    })
    await transport.close()
  })

  test('say that the bastion forwards nothing', async () => {
    const closed = await startPrivateSshd({ sshd: ['AllowTcpForwarding no'] })
    const transport = createSshTransport({ reveal })

    const opened = transport.open(reached([hop('closed', closed)]), LIMIT)

    await expect(opened).rejects.toMatchObject({
      code: 'E_FORWARD_REFUSED',
      retry: false,
      remedy: expect.stringContaining('AllowTcpForwarding'),
    })
    await transport.close()
    await closed.down()
  })
})

describe('an sshd that lets nobody in just now', () => {
  /** Says what sshd says to the first so many connections, and lets later ones through. */
  async function doorOf(sshd: PrivateSshd, { refuses, saying }: { refuses: number; saying: string }) {
    const { connect } = await import('node:net')
    let came = 0
    const server = createServer((socket: Socket) => {
      socket.on('error', () => {})
      came += 1
      if (came <= refuses) return void socket.end(saying)
      const inside = connect(sshd.connection.port, '127.0.0.1')
      inside.on('error', () => socket.destroy())
      socket.pipe(inside).pipe(socket)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const known = { hostKeyAlias: `[127.0.0.1]:${sshd.connection.port}` }
    return { came: () => came, connection: { ...sshd.connection, ...known, port }, close: () => server.close() }
  }

  // OpenSSH 9.2 closes with the first text, as recorded here; 9.8 and later with the last one, after failed logins.
  test.each([
    ['drops by lot', { refuses: 5, saying: 'Exceeded MaxStartups\r\n' }, 6],
    ['says nothing of it', { refuses: 3, saying: '' }, 4],
    ['punishes the address', { refuses: 1, saying: 'Not allowed at this time\r\n' }, 2],
  ])(
    'is asked again where it %s',
    async (_what, refusal, connections) => {
      const door = await doorOf(outer, refusal)
      const transport = createSshTransport({ reveal })

      const line = await transport.open({ name: 'hv-01', connection: door.connection }, { deadline: '30s' })

      expect((await line.look('echo in', { limit: '5s' })).stdout).toBe('in\n')
      expect(door.came()).toBe(connections)
      await transport.close()
      door.close()
    },
    40_000,
  )

  test.each([
    ['Exceeded MaxStartups\r\n', 'E_MAX_STARTUPS', 'Raise MaxStartups'],
    ['Not allowed at this time\r\n', 'E_PENALTY', 'PerSourcePenaltyExemptList'],
  ])('is named by %j when the time is over', async (saying, code, remedy) => {
    const door = await doorOf(outer, { refuses: 1_000, saying })
    const transport = createSshTransport({ reveal })

    const opened = transport.open({ name: 'hv-01', connection: door.connection }, { deadline: '1s' })

    await expect(opened).rejects.toMatchObject({
      code,
      stage: 'banner',
      retry: true,
      remedy: expect.stringContaining(remedy),
    })
    await transport.close()
    door.close()
  })
})

const LIMIT = { deadline: '30s' } as const

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address ? address.port : 0
}
