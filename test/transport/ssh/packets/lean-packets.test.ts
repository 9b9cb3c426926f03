import { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
import { keepKeys, writeTogether } from '../../../../src/transport/ssh/packets/lean-packets.ts'

describe('writes to a socket', () => {
  it('leave together where they were made in one tick, in their order', async () => {
    const { socket, segments } = listeningSocket()
    writeTogether(socket)

    socket.write('length ')
    socket.write('content ')
    socket.write('tag')
    await later()
    socket.write('the next')
    await later()

    expect(segments).toEqual(['length content tag', 'the next'])
  })

  it('are not lost when the socket is ended in the same tick', async () => {
    const { socket, segments } = listeningSocket()
    writeTogether(socket)

    socket.write('goodbye')
    socket.end()
    await once(socket, 'finish')

    expect(segments).toEqual(['goodbye'])
  })
})

describe('the keys of a connection', () => {
  it('are where this version of ssh2 keeps them', async () => {
    await using host = await shakenHands()
    const { _protocol: protocol } = host.client as unknown as { _protocol: Record<string, Record<string, unknown>> }

    keepKeys(host.client)

    expect(protocol._cipher?._encKey).toBeInstanceOf(KeyObject)
    expect(protocol._decipher?._decipherKey).toBeInstanceOf(KeyObject)
  })

  it('still open what the host says', async () => {
    await using host = await shakenHands()

    keepKeys(host.client)

    await once(host.client, 'ready')
  })
})

function listeningSocket(): { readonly socket: Duplex; readonly segments: string[] } {
  const segments: string[] = []
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      segments.push(String(chunk))
      done()
    },
    writev(chunks, done) {
      segments.push(chunks.map(({ chunk }) => String(chunk)).join(''))
      done()
    },
  })
  return { socket, segments }
}

const later = () => new Promise((resolve) => setImmediate(resolve))

/** A client and a server that have agreed on keys a moment ago. */
async function shakenHands() {
  const { private: hostKey } = ssh2.utils.generateKeyPairSync('ed25519')
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (other) => {
    other.on('error', () => {})
    other.on('authentication', (attempt) => attempt.accept())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const client = new ssh2.Client()
  const { port } = server.address() as AddressInfo
  client.connect({
    port,
    host: '127.0.0.1',
    username: 'root',
    password: 'any',
    algorithms: { cipher: ['aes128-gcm@openssh.com'] },
  })
  await once(client, 'handshake')
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.end()
      await new Promise((closed) => server.close(closed))
    },
  }
}
