import { quote } from '../../model/command.ts'
import { UsageError } from '../../model/errors.ts'
import { type Answer, type Fact, fact } from '../../model/fact.ts'
import { printable } from '../../model/printable.ts'
import { suggest } from '../../model/suggest.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { counted } from '../../reporter/wording.ts'
import { firstCause } from '../decide-exit-code.ts'
import type { Operator } from '../operator.ts'
import type { Verb } from '../verb.ts'
import { failureLines, said } from './failures.ts'
import { KNOWN_FACTS } from './known-facts.ts'
import { lookAt } from './looking.ts'

/**
 * Asks hosts one thing and shows equal answers once. A fact only looks. A command is run as it is typed, as root, for
 * up to 60 s: that it changes nothing is the promise of who types it. The product itself writes nothing.
 */
export const ask: Verb = {
  words: ['<hosts>', '[question]'],
  flags: ['inventory', 'limit', 'as', 'concurrency', 'askSudo', 'sudoPasswordFile', 'input', 'json'],
  examples: [
    ['runbook ask all', 'the facts that have a name'],
    ['runbook ask hypervisors kernel -i prod', 'a fact, equal answers together'],
    [`runbook ask hypervisors 'uptime -p' -i prod`, 'a command: that it only reads is your promise'],
    [`runbook ask hv-01 'virsh list' -i prod --as nova`, 'a command as another user than root'],
  ],
  async act({ operator, options, words: [pattern = '', question] }) {
    if (question === undefined) return listFacts(operator)
    const [known] = KNOWN_FACTS[question] ?? []
    const wanted: Fact<unknown> = asUser(known ?? command(question), options.as)
    const { looked } = await lookAt({ operator, options }, pattern, (probe) => probe.ask(wanted, { limit: '60s' }))
    const plain = looked.map((one) => (one.state === 'answered' ? { ...one, value: plainData(one.value) } : one))
    const exitCode = firstCause(
      plain.map((one) => {
        if (one.state !== 'answered') return one.state === 'failed' ? 3 : 4
        return known || (one.value as Answer).exitCode === 0 ? 0 : 3
      }),
    )
    if (options.json) {
      const hosts = plain.map((one) =>
        one.state === 'answered'
          ? { host: one.host, state: one.state, answer: one.value }
          : { host: one.host, state: one.state, ...said(one.error) },
      )
      operator.put(JSON.stringify({ type: 'answers', question, exitCode, hosts }))
      return exitCode
    }
    const look = operator.dataLook()
    const answered = plain.flatMap((one) => (one.state === 'answered' ? [one] : []))
    for (const group of Map.groupBy(answered, ({ value }) => JSON.stringify(value)).values()) {
      const names = group.map(({ host }) => host)
      for (const line of answerLines(names, group[0]?.value, { look, known: known !== undefined })) operator.put(line)
    }
    for (const line of failureLines(plain, look)) operator.put(line)
    const meant = known ? undefined : suggest(question, Object.keys(KNOWN_FACTS))
    if (meant && exitCode === 3) operator.say(`"${question}" was run as a command. Did you mean the fact "${meant}"?`)
    return exitCode
  },
}

function listFacts(operator: Operator): number {
  const longest = Math.max(...Object.keys(KNOWN_FACTS).map((name) => name.length))
  for (const [name, [, says]] of Object.entries(KNOWN_FACTS)) operator.put(`${name.padEnd(longest)}  ${says}`)
  return 0
}

/** The answer as it came: what it means is for whoever typed the command. */
const command = (text: string): Fact<Answer> => fact({ kind: 'command', text }, (answer) => answer)

function asUser<Value>(wanted: Fact<Value>, user: string | undefined): Fact<Value> {
  if (user === undefined) return wanted
  if (!/^[A-Za-z_][\w.-]*\$?$/.test(user)) throw new UsageError(`--as ${JSON.stringify(user)}: it is no user name`)
  const text = `runuser -u ${user} -- /bin/sh -c ${quote(wanted.question.text)}`
  return { ...wanted, question: { kind: 'command', text } }
}

/** Maps as objects, sets as lists, and nothing undefined. */
const plainData = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (_key, part: unknown) => {
      if (part instanceof Map) return Object.fromEntries(part)
      return part instanceof Set ? [...part] : part
    }),
  )

function answerLines(
  names: readonly string[],
  value: unknown,
  { look, known }: { readonly look: Look; readonly known: boolean },
): readonly string[] {
  const many = names.length > 1 ? ` (${counted(names.length, 'host')})` : ''
  const head = `${look.paint('strong', foldHosts(names))}${many}:`
  const lines = known ? factLines(value) : commandLines(value as Answer)
  const [only = ''] = lines
  return lines.length === 1 ? [`${head} ${only}`] : [head, ...lines.map((line) => `  ${line}`)]
}

const WIDE = 100

function factLines(value: unknown): readonly string[] {
  if (typeof value === 'string') return textLines(value)
  const short = JSON.stringify(value)
  return short.length <= WIDE ? [printable(short)] : textLines(JSON.stringify(value, null, 2))
}

function commandLines({ exitCode, stdout, stderr }: Answer): readonly string[] {
  const lines = [...textLines(stdout), ...textLines(stderr).map((line) => `stderr: ${line}`)]
  return [...lines, ...(exitCode === 0 ? [] : [`exit ${exitCode}`])]
}

const textLines = (text: string): readonly string[] => (text.trim() === '' ? [] : printable(text.trimEnd()).split('\n'))
