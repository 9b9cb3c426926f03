import { connect, createServer, type Socket } from 'node:net'

/** Stands between a controller and a host on this machine as if they were far from each other. */
export interface SlowLine {
  readonly port: number
  /** How often a word of the host has followed a word of the controller since the last call. */
  roundTrips(): number
  close(): Promise<void>
}

/** What passes arrives half of `milliseconds` later; so a question and its answer take all of them. */
export async function startSlowLine(to: number, milliseconds: number): Promise<SlowLine> {
  const sockets = new Set<Socket>()
  let last: 'controller' | 'host' = 'host'
  let turns = 0
  const listener = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ port: to, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    carry(near, far, 'controller')
    carry(far, near, 'host')
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()

  function carry(from: Socket, into: Socket, who: typeof last): void {
    sockets.add(from)
    from.on('data', (bytes: Buffer) => {
      // Counted where it is heard at the host's end: there one thing comes after another.
      if (who === 'host') say(who)
      later(() => {
        if (who === 'controller') say(who)
        if (into.writable) into.write(bytes)
      })
    })
    from.on('end', () => later(() => into.end()))
    from.on('error', () => into.destroy())
    from.on('close', () => {
      sockets.delete(from)
      later(() => into.destroy())
    })
  }

  function say(who: typeof last): void {
    if (who === 'host' && last === 'controller') turns += 1
    last = who
  }

  // Timers of one span run in the order in which they were set.
  function later(work: () => void): void {
    if (milliseconds === 0) work()
    else setTimeout(work, milliseconds / 2)
  }

  return {
    port: typeof address === 'object' && address ? address.port : 0,
    roundTrips() {
      const counted = turns
      turns = 0
      return counted
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
