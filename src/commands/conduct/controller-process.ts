import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

import type { ControllerProcess } from '../../engine/ports.ts'

/** This process, told apart from any other that gets its number later. */
export function controllerProcess(pid: number): ControllerProcess {
  return { pid, startTime: startTimeOf(pid) ?? '', bootId: bootId(), machine: hostname() }
}

/** Is that process alive, as far as can be known here? Of another machine it is taken to be: nobody can ask it. */
export function isAlive(other: ControllerProcess): boolean {
  if (other.machine !== hostname()) return true
  return other.bootId === bootId() && startTimeOf(other.pid) === other.startTime
}

/** In clock ticks since boot, from the 22nd field; the name before it may hold blanks. Undefined for no such process. */
function startTimeOf(pid: number): string | undefined {
  const text = read(`/proc/${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19]
}

/** Which boot of this machine this is; empty where it cannot be known. */
export const bootId = (): string => read('/proc/sys/kernel/random/boot_id')?.trim() ?? ''

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
