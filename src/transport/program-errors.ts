import type { MakeError } from './unreachable.ts'

/** The sentences for the system's own ssh, and for logins that run no command. */
export function programErrors(make: MakeError, { place, ssh, user }: Record<'place' | 'ssh' | 'user', string>) {
  return {
    noSsh: (cause: unknown) =>
      make('dial', 'E_NO_SSH', false)(
        'it needs the program ssh, which is not on this machine',
        'Install it (`apt install openssh-client`), or say `transport: ssh2` where that is enough.',
        cause,
      ),
    noRuntimeFolder: (cause: unknown) =>
      make('dial', 'E_RUNTIME_FOLDER', false)(
        `there is no private folder for the control sockets of ssh: ${cause instanceof Error ? cause.message : cause}`,
        'Remove or correct what is in its place; it must belong to this user alone (mode 0700).',
        cause,
      ),
    sshRefuses: (said: string, cause: unknown) =>
      make('dial', 'E_SSH_CONFIG', false)(
        `ssh does not accept its configuration: ${said}`,
        `Check \`${ssh}\` and ~/.ssh/config.`,
        cause,
      ),
    proxyFailed: (said: string, cause?: unknown) =>
      make('dial', 'E_PROXY', true)(
        `the way to ${place} through another machine or program ended before the host spoke SSH: ${said}`,
        `Check \`${ssh}\`; its ProxyCommand or jump host gives the reason.`,
        cause,
      ),
    noCommands: (said: string, ended: boolean) =>
      make(
        'channel',
        'E_SHELL',
        false,
      )(
        `the login of ${user} on ${place} runs no commands: ${ended ? 'each one ends' : 'each one hangs'}${said === '' ? ' without a word' : ` with “${said}”`}`,
        `A login shell such as nologin, or ForceCommand (command= in authorized_keys), stands before every command: check \`${ssh} /bin/sh -c true\`, and give ${user} a shell.`,
      ),
  }
}
