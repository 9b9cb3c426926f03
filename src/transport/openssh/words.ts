import type { Hop, HostConnection } from '../../model/inventory.ts'

/** What ssh is told about one machine. */
export interface MasterFacts {
  readonly connection: Reached
  /** The name by which ssh_config may know it. */
  readonly name: string
  /** Path of the control socket. */
  readonly socket: string
  /** Control socket of the last machine on the way. Null: it is dialled from here. */
  readonly through: string | null
  /** The file whose keys are refused where one key is pinned and known_hosts does not count. Null: none is. */
  readonly revoked: string | null
}

export type Reached = Omit<Hop, 'name'> & Pick<HostConnection, 'openssh' | 'sshConfig'>

/** Whatever ssh_config says, a master is quiet, asks nobody, forwards nothing and stays in the foreground. */
const ALWAYS = [
  'BatchMode=yes',
  'CanonicalizeHostname=no',
  'CheckHostIP=no',
  'ClearAllForwardings=yes',
  'ConnectionAttempts=1',
  'ControlMaster=yes',
  'ControlPersist=no',
  'ForwardAgent=no',
  'ForwardX11=no',
  'GlobalKnownHostsFile=none',
  'HashKnownHosts=no',
  // The only way in which ssh tells how far it has come.
  'LogLevel=DEBUG1',
  'PermitLocalCommand=no',
  'ProxyJump=none',
  'RemoteCommand=none',
  'ServerAliveCountMax=3',
  'ServerAliveInterval=5',
  'Tunnel=no',
  'UpdateHostKeys=no',
  'VerifyHostKeyDNS=no',
]

/** Words for the master of a connection: it logs in and waits for those who want channels. */
export function masterWords({ connection, name, socket, through, revoked }: MasterFacts): readonly string[] {
  const { address, port, user, identityFiles, identitiesOnly = true, identityAgent, hostKeyAlias } = connection
  const { openssh = {}, sshConfig } = connection
  const { proxyCommand, certificateFiles = [], pkcs11Provider, gssapi } = openssh
  const proxy = through === null ? (proxyCommand ?? 'none') : throughWords(through)
  const own = [
    `HostName=${address.replaceAll('%', '%%')}`,
    `ProxyCommand=${proxy}`,
    ...identityFiles.map((path) => `IdentityFile=${pathWord(path)}`),
    ...(identityFiles.length > 0 && identitiesOnly ? ['IdentitiesOnly=yes'] : []),
    ...(identityAgent === undefined
      ? []
      : [`IdentityAgent=${identityAgent === 'none' ? 'none' : pathWord(identityAgent)}`]),
    ...certificateFiles.map((path) => `CertificateFile=${pathWord(path)}`),
    ...(pkcs11Provider === undefined ? [] : [`PKCS11Provider=${pkcs11Provider}`]),
    ...(gssapi ? ['GSSAPIAuthentication=yes'] : []),
    ...(hostKeyAlias === undefined ? [] : [`HostKeyAlias=${hostKeyAlias}`]),
    ...hostKeyWords(connection, revoked),
  ]
  return [
    ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
    ...['-M', '-N', '-T', '-x', '-a', '-S', socket, '-p', String(port), '-l', user],
    ...[...ALWAYS, ...own].flatMap((word) => ['-o', word]),
    ...['--', isName(name) ? name : address],
  ]
}

/** Words for one command line in a channel of a master. */
export const channelWords = (socket: string, commandLine: string): readonly string[] => [
  // Without -v nothing tells that the channel is open.
  ...['-v', '-T', ...clientWords(socket)],
  ...['--', commandLine],
]

/** Words that end a master. */
export const exitWords = (socket: string): readonly string[] => ['-O', 'exit', ...clientWords(socket)]

/** ssh starts this through the user's shell; the path of the socket is ours and has no letter that a shell knows. */
const throughWords = (socket: string): string => `ssh -W [%h]:%p ${clientWords(socket).join(' ')}`

/** A master that is gone must not be replaced by a login of ssh's own: no IPv4 address is one of IPv6. */
const clientWords = (socket: string): readonly string[] => ['-F', 'none', '-S', socket, '-6', '127.0.0.1']

function hostKeyWords({ hostKeys, knownHosts }: Reached, revoked: string | null): readonly string[] {
  const paths = hostKeys.kind !== 'pinned' ? knownHosts : revoked === null ? [] : [revoked]
  return [
    `UserKnownHostsFile=${paths.length === 0 ? 'none' : paths.map(pathWord).join(' ')}`,
    `StrictHostKeyChecking=${hostKeys.kind === 'accept-new' ? 'accept-new' : 'yes'}`,
    ...(hostKeys.kind === 'pinned' ? [onlyKey(hostKeys.fingerprint)] : []),
  ]
}

/** ssh runs it without a shell, and knows the keys that it prints. */
function onlyKey(fingerprint: string): string {
  const program = 'BEGIN { if (ARGV[1] == ARGV[2]) print ARGV[3], ARGV[4], ARGV[5] }'
  return `KnownHostsCommand=/usr/bin/awk "${program}" ${fingerprint.replace(/=+$/, '')} %f %H %t %K`
}

/** Quoted, and with its percent signs kept from being read as tokens. */
const pathWord = (path: string): string => `"${path.replaceAll('%', '%%').replaceAll(/["\\]/g, '\\$&')}"`

const isName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)
