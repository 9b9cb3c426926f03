import { connect, createServer, type Socket } from 'node:net'

export type Direction = 'to-host' | 'from-host'

/** What becomes of a line once so many bytes went in one direction. They themselves arrive. */
export interface Fault {
  readonly direction: Direction
  /** Counted from the first byte of the first line after `arm`. */
  readonly at: number
  /**
   * `cut`: both ends are reset. `truncate`: both ends are closed in order. `freeze`: nothing passes any more, and nobody
   * is told. `half-open`: nothing passes in this direction any more. `flood`: garbage follows in this direction.
   * `delay`: what follows in this direction is held for a while.
   */
  readonly does: 'cut' | 'truncate' | 'freeze' | 'half-open' | 'flood' | 'delay'
}

/** Stands between a controller and a host. */
export interface LineProxy {
  readonly port: number
  /** Waits for the fault on the next line; null for none. Counts anew. */
  arm(fault: Fault | null): void
  /** Freezes the lines that are there now, as packets that vanish from here on. */
  freeze(): void
  /** Did the fault happen? */
  readonly tripped: boolean
  /** Where each piece that passed since `arm` ended, in bytes of its direction. */
  pieces(direction: Direction): readonly number[]
  /** Lets others through again where the fault has shut it. */
  open(): Promise<void>
  close(): Promise<void>
}

const DELAY = 1_500
const GARBAGE = Buffer.alloc(1_048_576, 0xa5)

/** Leads to a port of this machine. `shutAfter`: who comes after the fault is refused until it is opened. */
export async function startProxy(to: number, { shutAfter = false } = {}): Promise<LineProxy> {
  const lines = new Set<Line>()
  let fault: Fault | null = null
  let tripped = false
  let passed: Record<Direction, number[]> = { 'to-host': [], 'from-host': [] }

  const listener = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ port: to, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const line: Line = { near, far, dead: new Set() }
    lines.add(line)
    carry(line, 'to-host')
    carry(line, 'from-host')
    near.once('close', () => {
      lines.delete(line)
      if (line.dead.size > 0) far.destroy()
    })
  })
  const listen = (port: number) => new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const address = listener.address()
  const port = typeof address === 'object' && address ? address.port : 0

  function carry(line: Line, direction: Direction): void {
    const [from, into] = direction === 'to-host' ? [line.near, line.far] : [line.far, line.near]
    let turn: Promise<void> = Promise.resolve()
    const pass = (bytes: Buffer) => {
      turn = turn.then(() => {
        if (line.dead.has(direction) || !into.writable) return
        if (!into.write(bytes)) from.pause()
      })
    }
    into.on('drain', () => from.resume())
    from.on('error', () => into.destroy())
    from.on('end', () => turn.then(() => line.dead.has(direction) || into.end()))
    from.on('close', () => turn.then(() => line.dead.has(direction) || into.destroy()))
    from.on('data', (bytes: Buffer) => {
      if (line.dead.has(direction)) return
      const ends = passed[direction]
      const before = ends.at(-1) ?? 0
      ends.push(before + bytes.length)
      if (fault?.direction !== direction || tripped || fault.at > before + bytes.length) return pass(bytes)
      const { does, at } = fault
      tripped = true
      if (shutAfter) listener.close()
      pass(bytes.subarray(0, at - before))
      const rest = bytes.subarray(at - before)
      if (does === 'delay') turn = turn.then(() => new Promise((resolve) => setTimeout(resolve, DELAY)))
      if (does === 'delay') return pass(rest)
      turn = turn.then(() => strike(line, direction, does))
    })
  }

  function strike({ near, far, dead }: Line, direction: Direction, does: Fault['does']): void {
    if (does === 'cut') for (const socket of [near, far]) socket.resetAndDestroy()
    if (does === 'truncate') for (const socket of [near, far]) socket.end()
    if (does === 'half-open' || does === 'freeze') dead.add(direction)
    if (does === 'freeze') dead.add(direction === 'to-host' ? 'from-host' : 'to-host')
    if (does !== 'flood') return
    dead.add(direction)
    const into = direction === 'to-host' ? far : near
    const talk = () => into.writable && into.write(GARBAGE, () => setImmediate(talk))
    talk()
  }

  return {
    port,
    arm(next) {
      fault = next
      tripped = false
      passed = { 'to-host': [], 'from-host': [] }
    },
    freeze() {
      for (const { dead } of lines) dead.add('to-host').add('from-host')
    },
    get tripped() {
      return tripped
    },
    pieces: (direction) => passed[direction],
    async open() {
      if (!listener.listening) await listen(port)
    },
    async close() {
      for (const { near, far } of lines) for (const socket of [near, far]) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

interface Line {
  readonly near: Socket
  readonly far: Socket
  /** Directions in which nothing passes any more. */
  readonly dead: Set<Direction>
}
