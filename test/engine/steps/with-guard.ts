import type { Guard } from '../../../src/engine/guard-port.ts'
import type { Transport } from '../../../src/engine/ports.ts'

/** The same transport, whose guard does some of its verbs otherwise. */
export const withGuard = (real: Transport, otherwise: (guard: Guard) => Partial<Guard>): Transport => ({
  async open(to, options) {
    const connection = await real.open(to, options)
    return { ...connection, guard: { ...connection.guard, ...otherwise(connection.guard) } }
  },
})
