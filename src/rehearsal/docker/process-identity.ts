import { readFileSync } from 'node:fs'
import { pid } from 'node:process'

/**
 * Names a process so that no later one with the same number is taken for it: number, start time, boot of the machine.
 * It contains only letters, digits, `.` and `-`, so that it can be a file name or a label.
 */
export function processIdentity(number: number = pid): string {
  return `${number}.${startTime(number) ?? 'gone'}.${machineBoot()}`
}

/** Is the process of this identity alive? */
export function isAlive(identity: string): boolean {
  const [number, start, boot] = identity.split('.')
  if (boot !== machineBoot()) return false
  return start !== undefined && start === startTime(Number(number))
}

/** Field 22 of stat, counted after the name, which may contain blanks and brackets. Zombies count as ended. */
function startTime(number: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${number}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function machineBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}
