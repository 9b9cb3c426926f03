import { join } from 'node:path'
import type { HostKeyPolicy, OpensshWishes } from '../../model/inventory.ts'
import type { SshAnswer } from './ask-ssh.ts'

/** What ssh_config says of a connection. Absent: nothing that differs from what ssh does without any file. */
export interface SshSays {
  readonly address?: string
  readonly port?: number
  readonly user?: string
  readonly identityFiles?: readonly string[]
  readonly identitiesOnly?: boolean
  readonly identityAgent?: string
  readonly knownHosts?: readonly string[]
  readonly hostKeys?: HostKeyPolicy
  readonly hostKeyAlias?: string
  /** Hosts on the way, as ProxyJump has them. */
  readonly proxyJump?: readonly string[]
  readonly openssh?: OpensshWishes
}

export interface AnswerParts {
  readonly answer: SshAnswer
  /** What the same ssh says without any file. */
  readonly without: SshAnswer
  /** The name as it was asked for. */
  readonly name: string
  /** The name or address that it stands for. */
  readonly hostName: string
  readonly gssapi: boolean
  readonly person: Person
}

/** Who asks: for tokens in paths. */
export interface Person {
  readonly user: string
  readonly uid: number
  readonly home: string
  readonly machine: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The parts of an answer that a file is the reason for, with the tokens of paths replaced. */
export function readSays(parts: AnswerParts): SshSays {
  const { answer, without, name, hostName, gssapi } = parts
  const one = (keyword: string): string | undefined => {
    const [value] = answer.get(keyword) ?? []
    return value === without.get(keyword)?.[0] ? undefined : value
  }
  const user = one('user')
  const port = one('port')
  const expand = (text: string) =>
    expanded(text, { ...parts, user: answer.get('user')?.[0], port: answer.get('port')?.[0] })
  const paths = (keyword: string) => (answer.get(keyword) ?? []).map(expand)
  const files = same(answer, without, 'identityfile') ? undefined : paths('identityfile')
  const agent = one('identityagent')
  const alias = one('hostkeyalias')
  const jump = one('proxyjump')
  const strictness = one('stricthostkeychecking') ?? ''
  return {
    ...(hostName === name ? {} : { address: hostName }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(user === undefined ? {} : { user }),
    ...(files ? { identityFiles: files, identitiesOnly: answer.get('identitiesonly')?.[0] === 'yes' } : {}),
    ...(agent === undefined || agent === 'SSH_AUTH_SOCK' ? {} : { identityAgent: expand(agent) }),
    ...knownHostsOf(parts, expand),
    // A changed key is never taken, whatever ssh_config says.
    ...(/^(?:false|no|off|accept-new)$/.test(strictness) ? { hostKeys: { kind: 'accept-new' } } : {}),
    ...(alias === undefined ? {} : { hostKeyAlias: expand(alias) }),
    ...(jump === undefined || jump === 'none' ? {} : { proxyJump: expand(jump).split(',') }),
    ...wishes(
      { proxyCommand: one('proxycommand'), pkcs11: one('pkcs11provider') },
      paths('certificatefile'),
      gssapi && one('gssapiauthentication') === 'yes',
    ),
  }
}

function wishes(
  { proxyCommand, pkcs11 }: { proxyCommand: string | undefined; pkcs11: string | undefined },
  certificateFiles: readonly string[],
  gssapi: boolean,
): Pick<SshSays, 'openssh'> {
  const openssh: OpensshWishes = {
    ...(proxyCommand === undefined || proxyCommand === 'none' ? {} : { proxyCommand }),
    ...(certificateFiles.length === 0 ? {} : { certificateFiles }),
    ...(pkcs11 === undefined || pkcs11 === 'none' ? {} : { pkcs11Provider: pkcs11 }),
    ...(gssapi ? { gssapi: true } : {}),
  }
  return Object.keys(openssh).length === 0 ? {} : { openssh }
}

function knownHostsOf({ answer, without }: AnswerParts, expand: (text: string) => string): Pick<SshSays, 'knownHosts'> {
  const keywords = ['userknownhostsfile', 'globalknownhostsfile']
  if (keywords.every((keyword) => same(answer, without, keyword))) return {}
  const words = keywords.flatMap((keyword) => (answer.get(keyword) ?? []).flatMap((line) => line.split(' ')))
  return { knownHosts: words.filter((word) => word !== 'none' && word !== '').map(expand) }
}

const same = (one: SshAnswer, other: SshAnswer, keyword: string): boolean =>
  one.get(keyword)?.join('\n') === other.get(keyword)?.join('\n')

/** ssh prints some paths as they are written: with `~`, tokens and variables. Tokens that are not known stay. */
function expanded(
  text: string,
  { name, hostName, person, user, port }: AnswerParts & { user: string | undefined; port: string | undefined },
): string {
  const tokens: Readonly<Record<string, string | undefined>> = {
    '%': '%',
    h: hostName,
    n: name,
    k: name,
    r: user,
    p: port,
    u: person.user,
    i: String(person.uid),
    d: person.home,
    l: person.machine,
    L: person.machine.split('.')[0],
  }
  const path = text === '~' || text.startsWith('~/') ? join(person.home, text.slice(1)) : text
  return path
    .replace(/%([A-Za-z%])/g, (whole, token: string) => tokens[token] ?? whole)
    .replace(/\$\{(\w+)\}/g, (whole, variable: string) => person.environment[variable] ?? whole)
}
