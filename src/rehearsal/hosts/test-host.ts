import type { Answer } from '../../model/fact.ts'
import { COUNTS_FOLDER, type Counts } from './host-model.ts'

/** One throw-away host, seen from outside: not over SSH, but as whoever stands at the machine. */
export interface TestHost {
  readonly name: string
  /** On 127.0.0.1; the same after every reboot. */
  readonly port: number
  /** Runs shell text in it as root, whatever its sshd does. */
  inside(script: string, input?: string): Promise<Answer>
  /** What the host counted by itself, oldest first. */
  counted<Kind extends keyof Counts>(kind: Kind): Promise<readonly Counts[Kind][]>
  /** Paths that differ from the image, each with C (changed), A (added) or D (deleted) before it. */
  written(): Promise<readonly string[]>
  /** From now on it is away for at least so long when it restarts. */
  restartSlowly(seconds: number): Promise<void>
  /** Power off and on, without asking the host. */
  powerCycle(): Promise<void>
}

/** {@link TestHost.counted} by way of `inside`. */
export async function countedBy<Kind extends keyof Counts>(
  inside: TestHost['inside'],
  kind: Kind,
): Promise<readonly Counts[Kind][]> {
  const { stdout } = await inside(`cat ${COUNTS_FOLDER}/${kind} 2>/dev/null`)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Counts[Kind])
}
