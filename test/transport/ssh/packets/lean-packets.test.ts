import { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
import { keepKeys, leaveOtherKeys, writeTogether } from '../../../../src/transport/ssh/packets/lean-packets.ts'

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

describe("the list of a host's other keys", () => {
  it('asks for no proofs, and other requests of the host are answered as ever', async () => {
    await using host = await shakenHands()
    const { _protocol: protocol } = host.client as unknown as { _protocol: Spied }
    const said: string[] = []
    protocol.openssh_hostKeysProve = () => said.push('prove them')
    protocol.requestFailure = () => said.push('no')
    const asked = (name: string, reply: boolean) => protocol._handlers.GLOBAL_REQUEST(protocol, name, reply, [host.key])
    asked(OTHER_KEYS, false)

    leaveOtherKeys(host.client)
    asked(OTHER_KEYS, false)
    asked('keepalive@openssh.com', true)

    // The first is what ssh2 does by itself.
    expect(said).toEqual(['prove them', 'no'])
  })
})

const OTHER_KEYS = 'hostkeys-00@openssh.com'

interface Spied {
  openssh_hostKeysProve: unknown
  requestFailure: unknown
  readonly _handlers: { GLOBAL_REQUEST(protocol: unknown, name: string, reply: boolean, data: unknown): void }
}

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
  const { private: hostKey, public: key } = ssh2.utils.generateKeyPairSync('ed25519')
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
    key: Buffer.from(key.split(' ')[1] ?? '', 'base64'),
    async [Symbol.asyncDispose]() {
      client.end()
      await new Promise((closed) => server.close(closed))
    },
  }
}
