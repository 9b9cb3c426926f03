import { createSecretKey } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'

/**
 * Lets everything that is written to a socket in one tick leave together. ssh2 writes length, content and tag of each
 * packet on their own, which without Nagle's delay are three system calls here and three segments for the host.
 */
export function writeTogether(socket: Duplex): void {
  const write = socket.write.bind(socket)
  let gathering = false
  const gather = (): void => {
    if (gathering) return
    gathering = true
    socket.cork()
    process.nextTick(() => {
      gathering = false
      socket.uncork()
    })
  }
  const together = (...words: Parameters<Duplex['write']>): boolean => {
    gather()
    return write(...words)
  }
  // Of the two shapes in which it is called, parameters name the longer one alone.
  socket.write = together as Duplex['write']
}

/**
 * Gives Node the keys of a connection as it keeps them itself. ssh2 makes a cipher for each packet of AES-GCM, and Node
 * 24 takes four times as long for one whose key is a buffer. Where ssh2 keeps them elsewhere, nothing happens.
 */
export function keepKeys(client: Client): void {
  const { _protocol: protocol } = client as unknown as { readonly _protocol?: Ciphers }
  toKeyObject(protocol?._cipher, '_encKey')
  toKeyObject(protocol?._decipher, '_decipherKey')
}

/** Inside of ssh2 1.17: the ciphers of both directions. */
interface Ciphers {
  readonly _cipher?: Record<string, unknown>
  readonly _decipher?: Record<string, unknown>
}

function toKeyObject(cipher: Record<string, unknown> | undefined, name: string): void {
  const key = cipher?.[name]
  if (cipher && Buffer.isBuffer(key)) cipher[name] = createSecretKey(key)
}

/**
 * Leaves a host's list of its other keys alone. ssh2 has each of them proved, which nobody here listens to: it costs the
 * host a signature by every key and the way there another round trip.
 */
export function leaveOtherKeys(client: Client): void {
  const handlers = (client as unknown as { readonly _protocol?: Handlers })._protocol?._handlers
  const answer = handlers?.GLOBAL_REQUEST
  if (!handlers || !answer) return
  handlers.GLOBAL_REQUEST = (protocol, name, wantsReply, data) => {
    if (name !== 'hostkeys-00@openssh.com' || wantsReply) answer(protocol, name, wantsReply, data)
  }
}

/** Inside of ssh2 1.17: who is told of each kind of message. */
interface Handlers {
  readonly _handlers?: {
    GLOBAL_REQUEST?: (protocol: unknown, name: string, wantsReply: boolean, data: unknown) => void
  }
}
