import { sh } from '../../model/command.ts'
import { inWords } from '../../model/duration.ts'
import { fact } from '../../model/fact.ts'
import type { Host } from '../../model/inventory.ts'
import type { Looked } from '../../runtime/look-at-hosts.ts'
import { firstCause } from '../decide-exit-code.ts'
import type { Verb } from '../verb.ts'
import { failureLines, said } from './failures.ts'
import { lookAt } from './looking.ts'

/** Who the shell of the host belongs to: an answer proves that there is one. */
const whoAnswers = fact(sh`id -un`, ({ stdout }) => stdout.trim())

/** Reaches hosts, logs in, becomes root and finds a shell; that is all. */
export const ping: Verb = {
  words: ['[hosts]'],
  flags: ['inventory', 'limit', 'concurrency', 'askSudo', 'sudoPasswordFile', 'input', 'json'],
  examples: [
    [
      'runbook ping -i prod',
      'every host: how long it took, or where it ended and why; exit 4 where one did not answer',
    ],
    ['runbook ping hypervisors -i prod -l rack-a', 'these'],
    ['runbook ping -i hv-07,', 'a host that stands in no inventory'],
  ],
  async act({ operator, options, words: [pattern = 'all'] }) {
    const { hosts, looked } = await lookAt({ operator, options }, pattern, (probe) => probe.ask(whoAnswers))
    const exitCode = firstCause(looked.map(({ state }) => (state === 'answered' ? 0 : 4)))
    if (options.json) {
      operator.put(JSON.stringify({ type: 'ping', exitCode, hosts: looked.map(plain) }))
      return exitCode
    }
    const look = operator.dataLook()
    const longest = Math.max(...hosts.map(({ name }) => name.length))
    const ways = new Map(hosts.map((host) => [host.name, host]))
    for (const one of looked) {
      if (one.state !== 'answered') continue
      const way = wayText(ways.get(one.host), one.value)
      const time = inWords(one.milliseconds).padStart(6)
      operator.put(`${look.paint('good', '✓')} ${one.host.padEnd(longest)}  ${time}  ${way}`)
    }
    for (const line of failureLines(looked, look)) operator.put(line)
    return exitCode
  },
}

const plain = (one: Looked<string>) =>
  one.state === 'answered'
    ? { host: one.host, state: one.state, user: one.value, milliseconds: Math.round(one.milliseconds) }
    : { host: one.host, state: one.state, ...said(one.error) }

function wayText(host: Host | undefined, answers: string): string {
  if (!host) return answers
  const { user, address, port, become } = host.connection
  const root = user === 'root' ? '' : answers === 'root' ? `, root by ${become}` : `, ${answers}, not root`
  return `${user}@${address}:${port}${root}`
}
