import type { MakeError } from './unreachable.ts'

/** The sentences for a way that is there and lets nobody through just now: bastions, and an sshd that defends itself. */
export function wayErrors(make: MakeError, place: string) {
  return {
    /** `said` is what came before the connection was closed. */
    noBanner: (said: string, cause: unknown) => {
      if (said.includes('Exceeded MaxStartups')) {
        return make('banner', 'E_MAX_STARTUPS', true)(
          `sshd on ${place} has too many logins under way (MaxStartups), also after several attempts`,
          'Raise MaxStartups in its sshd_config, or go on later: `runbook resume`.',
          cause,
        )
      }
      if (said.includes('Not allowed at this time')) {
        return make('banner', 'E_PENALTY', true)(
          `sshd on ${place} lets nobody in from this address for a while (PerSourcePenalties)`,
          'Failed logins from this address, or from the bastion, came before; correct them and wait a minute. PerSourcePenaltyExemptList of its sshd_config can name the address.',
          cause,
        )
      }
      return make('banner', 'E_BANNER', true)(
        `${place} closed the connection before it spoke SSH`,
        'sshd may be starting, or MaxStartups or a firewall turns connections away.',
        cause,
      )
    },
    forwardRefused: (bastion: string, cause: unknown) =>
      make('dial', 'E_FORWARD_REFUSED', false)(
        `its jump host ${bastion} does not forward to ${place}`,
        `AllowTcpForwarding and PermitOpen in the sshd_config of ${bastion} must allow it.`,
        cause,
      ),
    forwardFailed: (bastion: string, cause: Error) =>
      make('dial', 'E_FORWARD_FAILED', true)(
        `its jump host ${bastion} cannot connect to ${place} (${cause.message})`,
        `The address is looked up and dialled by ${bastion}: check it there.`,
        cause,
      ),
    wayLost: (bastion: string, cause: Error) =>
      make('dial', 'E_FORWARD_FAILED', true)(
        `the connection to its jump host ${bastion} was lost twice on the way to ${place} (${cause.message})`,
        `Look at the log of sshd on ${bastion}.`,
        cause,
      ),
    keyBehindCommand: () =>
      make(
        'host-key',
        'E_HOSTKEY_UNKNOWN',
        false,
      )(
        `the key of ${place} cannot be asked for, since only a ProxyCommand of ssh_config reaches it`,
        'Connect once with ssh, or say in the inventory by which machines it is reached: via.',
      ),
    forwardTimeout: (bastion: string, seconds: number) =>
      make(
        'dial',
        'E_FORWARD_TIMEOUT',
        true,
      )(
        `its jump host ${bastion} had no answer from ${place} within ${seconds}s`,
        `Is the host up, and may ${bastion} reach it?`,
      ),
  }
}
