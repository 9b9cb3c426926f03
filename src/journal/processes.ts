import type { ControllerProcess } from '../engine/ports.ts'

/** Is this the very same process, and not one that got its number? */
export function sameProcess(a: ControllerProcess, b: ControllerProcess): boolean {
  return a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId && a.machine === b.machine
}
