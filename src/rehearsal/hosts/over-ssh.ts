import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../../model/fact.ts'
import { localAnswer } from '../docker/local-command.ts'
import { HOST_USER } from './host-model.ts'
import type { HostSet } from './host-set.ts'
import type { TestHost } from './test-host.ts'

type Keys = Pick<HostSet, 'identity' | 'knownHosts'>

/** Runs text on a host over the system's own ssh, with the keys of the set and nothing of this user's settings. */
export function overSsh(keys: Keys, host: TestHost, script: string, input = ''): Promise<Answer> {
  const [ssh = 'ssh', ...rest] = sshWords(keys, host)
  const words = [ssh, '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=5', ...rest, script]
  return localAnswer(words, { deadline: '1m', input })
}

/** The words that log in. */
export const sshWords = ({ identity, knownHosts }: Keys, { port }: Pick<TestHost, 'port'>): readonly string[] => [
  ...['ssh', '-F', 'none', '-i', identity, '-p', String(port)],
  ...['-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=yes', `${HOST_USER}@127.0.0.1`],
]

const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id'

/** Reboots by a request of its own, and resolves with the new boot id when the host answers with one. */
export async function rebootOverSsh(keys: Keys, host: TestHost, deadlineSeconds = 60): Promise<string> {
  const before = (await overSsh(keys, host, BOOT_ID)).stdout
  await overSsh(keys, host, 'sudo systemd-run --on-active=1 --timer-property=AccuracySec=100ms systemctl reboot')
  for (let attempt = 0; attempt < deadlineSeconds * 4; attempt += 1) {
    await sleep(250)
    const answer = await overSsh(keys, host, BOOT_ID)
    if (answer.exitCode === 0 && answer.stdout !== before) return answer.stdout.trim()
  }
  throw new Error(`${host.name} did not come back with a new boot id within ${deadlineSeconds}s`)
}
