import { HostUnreachable, type Stage } from '../model/errors.ts'
import type { Hop, HostConnection } from '../model/inventory.ts'
import { loginErrors } from './login-errors.ts'
import { programErrors } from './program-errors.ts'
import { wayErrors } from './way-errors.ts'

/** The sentences for every way in which a host cannot be reached: what, where, and what to do. */
export type Unreachable = ReturnType<typeof unreachableOf>

/** Makes the error of a stage from what happened, what to do, and the cause. */
export type MakeError = (
  stage: Stage,
  code: string,
  retry: boolean,
) => (what: string, remedy: string, cause?: unknown) => HostUnreachable

/** `name` is the inventory's name; `deadline` is told as it was given. */
export function unreachableOf(
  name: string,
  { address, port, user, knownHosts, via = [] }: Omit<Hop, 'name'> & Pick<HostConnection, 'via'>,
) {
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  const jumps = via.map((hop) => `${hop.user}@${hop.address}:${hop.port}`).join(',')
  const ssh = `ssh ${jumps === '' ? '' : `-J ${jumps} `}-p ${port} ${user}@${address}`
  const file = knownHosts[0] ?? '~/.ssh/known_hosts'
  const make: MakeError =
    (stage: Stage, code: string, retry: boolean) => (what: string, remedy: string, cause?: unknown) =>
      new HostUnreachable(`${name}: ${what}`, { stage, code, retry, remedy, ...(cause === undefined ? {} : { cause }) })

  return {
    ...wayErrors(make, place),
    ...programErrors(make, { place, ssh, user }),
    ...loginErrors(make, { place, ssh, user }),
    dns: (cause: unknown) =>
      make('dial', 'E_DNS', true)(
        `the name ${address} has no address`,
        `Check \`getent hosts ${address}\`, or write the address in the inventory.`,
        cause,
      ),
    refused: (cause: unknown) =>
      make('dial', 'E_REFUSED', true)(
        `${place} refuses connections`,
        `Is sshd running there, and is ${port} its port? Check \`${ssh}\`.`,
        cause,
      ),
    noRoute: (cause: unknown) =>
      make('dial', 'E_NO_ROUTE', true)(`no route to ${place}`, `Check \`ip route get ${address}\`.`, cause),
    dialTimeout: (within: string) =>
      make(
        'dial',
        'E_DIAL_TIMEOUT',
        true,
      )(
        `no answer on ${place} within ${within}`,
        `Is the host up, and does a firewall drop port ${port}? Check \`${ssh}\`.`,
      ),
    dialFailed: (cause: Error) =>
      make('dial', 'E_DIAL', true)(`cannot connect to ${place}: ${cause.message}`, `Check \`${ssh}\`.`, cause),
    bannerTimeout: (within: string) =>
      make(
        'banner',
        'E_BANNER_TIMEOUT',
        true,
      )(
        `${place} accepted the connection but did not speak SSH within ${within}`,
        `Is ${port} the port of sshd? A loaded sshd, or MaxStartups, can also be the cause.`,
      ),
    keyExchange: (detail: string, cause?: unknown) =>
      make('key-exchange', 'E_KEX', false)(
        `no common key exchange with ${place}: ${detail}`,
        'sshd must offer curve25519-sha256 or ecdh-sha2-nistp256 (KexAlgorithms) and an AES-GCM, AES-CTR or ChaCha20 cipher.',
        cause,
      ),
    notStrict: () =>
      make(
        'key-exchange',
        'E_KEX',
        false,
      )(
        `${place} offers no cipher but ChaCha20, and no strict key exchange (CVE-2023-48795)`,
        'Update its OpenSSH (9.6, or one with the fix), or let it offer an AES-GCM or AES-CTR cipher (Ciphers).',
      ),
    brokenSpeech: (stage: 'key-exchange' | 'auth', cause: Error) =>
      make(stage, 'E_PROTOCOL', true)(
        `${place} does not speak SSH as agreed: ${cause.message}`,
        `Is it sshd that answers there? Something in between may alter or cut what it says: check \`${ssh}\`.`,
        cause,
      ),
    keyExchangeTimeout: (within: string) =>
      make(
        'key-exchange',
        'E_KEX_TIMEOUT',
        true,
      )(
        `the key exchange with ${place} did not end within ${within}`,
        `Check \`${ssh}\`. A path that drops large packets (MTU) shows like this.`,
      ),
    hungUp: (stage: 'key-exchange' | 'auth', cause: unknown) =>
      make(stage, 'E_HUNG_UP', true)(
        `${place} closed the connection during the ${stage === 'auth' ? `login of ${user}` : 'key exchange'}`,
        'sshd or the host may be starting or stopping; if it stays so, its log tells why (`journalctl -u ssh`).',
        cause,
      ),
    authTimeout: (within: string) =>
      make(
        'auth',
        'E_AUTH_TIMEOUT',
        true,
      )(
        `${place} did not answer the login of ${user} within ${within}`,
        'Name services or PAM of the host may hang. A hardware key may wait to be touched.',
      ),
    hostKeyUnknown: (key: string) =>
      make(
        'host-key',
        'E_HOSTKEY_UNKNOWN',
        false,
      )(
        `the host key of ${place} is not known: ${key}`,
        `Compare it at the console of the host with \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\`; then \`runbook keys trust -i INVENTORY\` takes over this and all other unknown keys at once.`,
      ),
    hostKeyAuthority: (key: string) =>
      make(
        'host-key',
        'E_HOSTKEY_UNKNOWN',
        false,
      )(
        `the host key of ${place} is not known: ${key}; ${file} names a certificate authority for it, and ssh2 does not read certificates`,
        'Leave the transport of the host to itself, or say `transport: openssh`; or add the host key itself with `runbook keys trust`.',
      ),
    hostKeyChanged: (key: string, where: string) =>
      make(
        'host-key',
        'E_HOSTKEY_CHANGED',
        false,
      )(
        `the host key of ${place} is not the one that is known (${where}); it presents ${key}`,
        `If the host was installed anew, compare the key at its console, then remove the old one: \`ssh-keygen -f ${file} -R '${port === 22 ? address : `[${address}]:${port}`}'\`. Otherwise somebody may stand in between.`,
      ),
    hostKeyRevoked: (key: string, where: string) =>
      make(
        'host-key',
        'E_HOSTKEY_REVOKED',
        false,
      )(
        `the host key of ${place} is revoked (${where}): ${key}`,
        'Give the host a new key; never connect with this one.',
      ),
    knownHostsUnreadable: (path: string, cause: unknown) =>
      make('host-key', 'E_KNOWN_HOSTS', false)(
        `cannot read or write the known hosts file ${path}`,
        'Make it readable, or name another file in the inventory.',
        cause,
      ),
    channel: (cause: unknown) =>
      make('channel', 'E_CHANNEL', true)(
        `${place} gives no channel`,
        'MaxSessions of sshd may be reached; check `sshd -T | grep maxsessions` on the host.',
        cause,
      ),
    noShell: (what: string) =>
      make(
        'channel',
        'E_SHELL',
        true,
      )(
        `the shell of ${user} on ${place} ${what}`,
        `Check \`${ssh} /bin/sh -c true\`: a login shell such as nologin, or a start file that exits, ends every command.`,
      ),
    sudoPasswordMissing: (program: string, login: string) =>
      make(
        'sudo',
        'E_SUDO_PASSWORD_MISSING',
        false,
      )(
        `${program} asks for a password${program === 'su' ? ' of root' : ` of ${login}`}, and none was given`,
        `Give ${login} passwordless sudo, or a password for ${program}: --ask-sudo, --sudo-password-file, or sudoPassword in the inventory.`,
      ),
    sudoPasswordWrong: (program: string, login: string) =>
      make(
        'sudo',
        'E_SUDO_PASSWORD_WRONG',
        false,
      )(
        `${program} refused the password of ${program === 'su' ? 'root' : login}; it was sent once`,
        'Correct the sudo password. Several wrong ones may lock the account.',
      ),
    noSudoAnswer: (program: string, said: string) =>
      make(
        'sudo',
        'E_SUDO_NO_ANSWER',
        true,
      )(
        `${program} gave neither a shell nor its prompt within 30s${said ? `; it said: ${said}` : ''}`,
        `Check \`${ssh} ${program === 'sudo' ? 'sudo -S true' : program}\`. A second factor of ${program} cannot be answered.`,
      ),
    notRoot: (login: string, said: string, program: string) =>
      make('sudo', 'E_NOT_ROOT', false)(`${login} cannot become root: ${said}`, rootRemedy(login, program)),
    garbled: (what: string) =>
      make(
        'lost',
        'E_GARBLED',
        true,
      )(
        `${place} answered ${what}, which is no answer`,
        `Something in its login, its shell or /var/lib/runbook is damaged: check \`${ssh} /bin/sh -c true\`, its disk and its memory.`,
      ),
    noBootId: (said: string) =>
      make(
        'lost',
        'E_BOOT_ID',
        true,
      )(
        `${place} gave no boot id but ${JSON.stringify(said.slice(0, 60))}`,
        'Check `cat /proc/sys/kernel/random/boot_id` on the host.',
      ),
    lost: (cause?: unknown) =>
      make('lost', 'E_LOST', true)(
        `the connection to ${place} was lost${cause instanceof Error ? ` (${cause.message})` : ''}`,
        `Check \`${ssh}\`.`,
        cause,
      ),
  }
}

/** What gives root by this program; docs/privileges.md says it in full. */
function rootRemedy(login: string, program: string): string {
  const needs = `${login} needs passwordless ${program === 'doas' ? 'doas' : 'sudo'} or become password`
  if (program === 'doas')
    return `${needs}; the smallest line of doas.conf is \`permit nopass ${login} as root cmd /bin/sh\`.`
  if (program === 'su') return `Check \`su root -c id\` as ${login}: PAM may let only some groups use su.`
  const line = `the smallest line of sudoers is \`${login} ALL=(root) NOPASSWD: /bin/sh\``
  if (program === 'none') return `Changes need root: say become: sudo in the inventory; ${line}.`
  return `${needs}; ${line}.`
}
