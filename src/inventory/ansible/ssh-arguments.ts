import type { Json } from '../../model/json.ts'
import { splitWords } from '../../programs/split-words.ts'

/** What arguments for ssh mean here. */
export interface ReadArguments {
  /** Parts of a connection, by their names in an inventory. */
  readonly parts: Readonly<Record<string, Json>>
  /** What has no meaning here. */
  readonly left: readonly string[]
  /** What must not be left out, since it says which machine is reached. */
  readonly obstacles: readonly string[]
}

/**
 * Reads arguments such as `-o ProxyJump=bastion -o StrictHostKeyChecking=accept-new -i key`. A ProxyCommand counts
 * where it only is `ssh -W %h:%p` through another machine.
 */
export function readSshArguments(text: string): ReadArguments {
  const words = splitWords(text, { comments: false })
  if (words === undefined) return { parts: {}, left: [], obstacles: [`a quote is not closed in ${text}`] }
  const parts: Record<string, Json> = {}
  const left: string[] = []
  const obstacles: string[] = []
  const option = (name: string, value: string): void => {
    const reader = OPTIONS[name.toLowerCase()]
    const read = reader?.(value)
    if (read) Object.assign(parts, read)
    else if (name.toLowerCase() === 'proxycommand')
      obstacles.push(`of ProxyCommand only ssh -W %h:%p HOST is understood`)
    else left.push(`-o ${name}`)
  }
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const letter = word.slice(0, 2)
    const takes = TAKING.includes(letter)
    const value = word.length > 2 ? word.slice(2) : (words[at + 1] ?? '')
    if (takes && word.length === 2) at += 1
    if (letter === '-o') {
      const [, name = value, rest = ''] = /^\s*(\w+)\s*[=\s]\s*(.*)$/s.exec(value) ?? []
      option(name, rest)
    } else if (letter === '-J') option('ProxyJump', value)
    else if (letter === '-i') option('IdentityFile', value)
    else if (letter === '-p') option('Port', value)
    else if (letter === '-l') option('User', value)
    else if (letter === '-F') parts.sshConfig = value
    else left.push(word)
  }
  return { parts, left, obstacles }
}

/** Of ssh's options those that have a value. */
const TAKING = [...'bBcDEeFIiJLlmOopQRSWw'].map((letter) => `-${letter}`)

const OPTIONS: Readonly<Record<string, (value: string) => Readonly<Record<string, Json>> | undefined>> = {
  proxyjump: (value) => ({ via: value.split(',').map((hop) => hop.replace(/^ssh:\/\//, '')) }),
  proxycommand: throughSsh,
  user: (value) => ({ user: value }),
  port: (value) => ({ port: Number(value) }),
  hostname: (value) => ({ address: value }),
  hostkeyalias: (value) => ({ hostKeyAlias: value }),
  identityfile: (value) => ({ identity: value }),
  identityagent: (value) => ({ identityAgent: value }),
  identitiesonly: (value) => (/^(?:yes|no)$/.test(value) ? { identitiesOnly: value === 'yes' } : undefined),
  // Who accepts every key would be told nothing of a changed one: that is never taken over.
  stricthostkeychecking: (value) =>
    /^(?:yes|accept-new)$/.test(value) ? { hostKeys: value === 'yes' ? 'strict' : 'accept-new' } : undefined,
  userknownhostsfile: (value) => (value.includes('/dev/null') ? undefined : { knownHosts: value.split(/\s+/) }),
}

/** `ssh -q -W %h:%p -p 2222 user@bastion` is a way over the bastion. */
function throughSsh(command: string): Readonly<Record<string, Json>> | undefined {
  const [program = '', ...words] = splitWords(command, { comments: false }) ?? []
  if (!/(?:^|\/)ssh$/.test(program)) return undefined
  const said: Record<string, string> = {}
  const names: string[] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const letter = word.slice(0, 2)
    if (!word.startsWith('-')) names.push(word)
    else if (TAKING.includes(letter)) {
      said[letter] = word.length > 2 ? word.slice(2) : (words[at + 1] ?? '')
      if (word.length === 2) at += 1
    }
  }
  const [name] = names
  if (name === undefined || names.length > 1 || !/^\[?%h\]?:%p$/.test(said['-W'] ?? '')) return undefined
  const user = said['-l'] && !name.includes('@') ? `${said['-l']}@` : ''
  const port = said['-p'] ? `:${said['-p']}` : ''
  return { via: [`${user}${name}${port}`] }
}
