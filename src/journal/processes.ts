import type { ControllerProcess } from '../engine/ports.ts'

/** Is this the very same process, and not one that got its number? */
export function sameProcess(a: ControllerProcess, b: ControllerProcess): boolean {
  return a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId && a.machine === b.machine
}

/** Who is at work on a run, as a store keeps it. */
interface Holders {
  holder(): Promise<ControllerProcess | null>
  /** Puts the process in the place of the holder; false where that is another one by now. */
  take(holder: ControllerProcess | null): Promise<boolean>
}

/**
 * Makes a process the one at work, unless another lives: that is given back.
 * Whether a process lives is known only here, not in the store: so asked, decided, and taken if nothing moved.
 */
export async function attach(
  process: ControllerProcess,
  alive: (other: ControllerProcess) => boolean,
  { holder: held, take }: Holders,
): Promise<ControllerProcess | null> {
  for (;;) {
    const holder = await held()
    if (holder !== null && !sameProcess(holder, process) && alive(holder)) return holder
    if (await take(holder)) return null
  }
}
