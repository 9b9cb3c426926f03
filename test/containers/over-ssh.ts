import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../../src/model/fact.ts'
import type { HostSet } from '../../src/rehearsal/container-hosts.ts'
import { localAnswer } from '../../src/rehearsal/docker/local-command.ts'
import { HOST_USER } from '../../src/rehearsal/hosts/host-model.ts'
import type { TestHost } from '../../src/rehearsal/hosts/test-host.ts'

/** Runs text on a host over the system's own ssh, with the keys of the set and nothing of this user's settings. */
export function overSsh(set: HostSet, host: TestHost, script: string, input = ''): Promise<Answer> {
  const options = [
    'BatchMode=yes',
    'ConnectTimeout=5',
    `UserKnownHostsFile=${set.knownHosts}`,
    'StrictHostKeyChecking=yes',
  ]
  const flags = options.flatMap((option) => ['-o', option])
  const words = [
    'ssh',
    '-F',
    'none',
    '-i',
    set.identity,
    '-p',
    String(host.port),
    ...flags,
    `${HOST_USER}@127.0.0.1`,
    script,
  ]
  return localAnswer(words, { deadline: '1m', input })
}

const bootId = 'cat /proc/sys/kernel/random/boot_id'

/** Reboots as the product does, and resolves with the new boot id when the host answers with one. */
export async function rebootOverSsh(set: HostSet, host: TestHost, deadlineSeconds = 60): Promise<string> {
  const before = (await overSsh(set, host, bootId)).stdout
  await overSsh(set, host, 'sudo systemd-run --on-active=1 --timer-property=AccuracySec=100ms systemctl reboot')
  for (let attempt = 0; attempt < deadlineSeconds * 4; attempt += 1) {
    await sleep(250)
    const answer = await overSsh(set, host, bootId)
    if (answer.exitCode === 0 && answer.stdout !== before) return answer.stdout.trim()
  }
  throw new Error(`${host.name} did not come back with a new boot id within ${deadlineSeconds}s`)
}
