import type { Json } from './json.ts'
import type { ReasonRule } from './reason-rule.ts'
import type { Secret } from './secret.ts'

/** The machines and their names. */
export interface Inventory {
  /** What the operator typed, such as `prod`. */
  readonly name: string
  readonly hosts: ReadonlyMap<string, Host>
  /** Group name to the names of its hosts, children included. `all` is always there. */
  readonly groups: ReadonlyMap<string, readonly string[]>
  /** Group name to the groups directly below it. */
  readonly children: ReadonlyMap<string, readonly string[]>
  /** What was passed over or not taken over, and what looks like a mistake: told, but no reason to stop. */
  readonly notes: readonly string[]
  /** Whether it was written for Ansible: most of its variables then are for others. */
  readonly foreign: boolean
  /** Whatever changes its hosts needs a reason like this. Absent: none is needed. */
  readonly requireReason?: ReasonRule
  /** Who says what about the variables of a host, made anew for each call. */
  readonly sayings: (host: string) => ReadonlyMap<string, Saying>
}

/** A value, who says it and where. */
export interface Saying {
  readonly value: Json
  /** `group hypervisors`, `host hv-01`, `all hosts`. */
  readonly origin: string
  readonly file: string
  /** 0 where the file has no lines to speak of. */
  readonly line: number
  /** What it won against. */
  readonly over?: Saying
}

/** One machine: how to reach it, and what its groups and itself say about parameters. */
export interface Host {
  readonly name: string
  readonly groups: readonly string[]
  /** With defaults for what the inventory does not say. */
  readonly connection: HostConnection
  /** What the inventory itself says of the connection: it wins over ssh_config, which wins over the defaults. */
  readonly said?: Partial<SaidConnection>
  /** Parameter values, already merged: nearer groups over farther ones, the host over its groups. */
  readonly vars: Readonly<Record<string, Json>>
  /** Where each value came from, as `group hypervisors`, `host hv-01`. */
  readonly origins: Readonly<Record<string, string>>
  /** Codes that this host's inventory overrides, with the reason given there. */
  readonly overrides: Readonly<Record<string, string>>
  /** Variables that cannot be used as they stand, such as templates and encrypted values, and why. */
  readonly unresolved: Readonly<Record<string, string>>
  /** Why it cannot be reached in the way that the inventory says. */
  readonly obstacles: readonly string[]
}

/** How to reach a host. Plain data, stored in the run: secrets only by reference. */
export interface HostConnection {
  readonly address: string
  readonly port: number
  readonly user: string
  /** Private key files, in order. Empty: the agent. */
  readonly identityFiles: readonly string[]
  /** Known-hosts files, in order. */
  readonly knownHosts: readonly string[]
  readonly hostKeys: HostKeyPolicy
  /** How to become root. `none` where the user is root, and where plans are made with the user's own rights. */
  readonly become: Become
  /** Where the password of `become` comes from, such as `env:NAME` or `file:/path`. Absent: none is needed. */
  readonly sudoPassword?: string
  /** Machines on the way, the one that is dialled from here first. Absent or empty: the host is dialled from here. */
  readonly via?: readonly Hop[]
  /** The name under which known_hosts has the host. Absent: its address, with the port unless that is 22. */
  readonly hostKeyAlias?: string
  /** Path of the agent's socket, or `none`. Absent: the one of SSH_AUTH_SOCK. */
  readonly identityAgent?: string
  /** False: beside the identity files all keys of the agent are offered, as ssh does. Default true. */
  readonly identitiesOnly?: boolean
  /** Who speaks with the host. Absent: `auto`, ssh2 where it can, else the system's ssh. */
  readonly transport?: TransportName | 'auto'
  /** The ssh_config that the system's ssh reads in place of the usual ones, or `none`. */
  readonly sshConfig?: string
  /** What only the system's ssh can do. Absent: nothing of it is asked for. */
  readonly openssh?: OpensshWishes
}

/** `local` is this machine itself, without SSH. */
export type TransportName = 'ssh2' | 'openssh' | 'local'

/** The program by which a user becomes root. */
export type Become = 'none' | 'sudo' | 'doas' | 'su'

/** One machine on the way to a host: a connection that only forwards. */
export interface Hop
  extends Pick<
    HostConnection,
    | 'address'
    | 'port'
    | 'user'
    | 'identityFiles'
    | 'knownHosts'
    | 'hostKeys'
    | 'hostKeyAlias'
    | 'identityAgent'
    | 'identitiesOnly'
    | 'openssh'
    | 'sshConfig'
  > {
  /** Its name in the inventory, or as it was written. */
  readonly name: string
}

/** What ssh_config says, and known_hosts names, that ssh2 cannot do. */
export interface OpensshWishes {
  /** With its tokens not yet replaced. */
  readonly proxyCommand?: string
  readonly certificateFiles?: readonly string[]
  readonly pkcs11Provider?: string
  /** GSSAPIAuthentication in the operator's own ssh_config: Debian's system file has it for everybody. */
  readonly gssapi?: true
  /** known_hosts has no key of the host but a certificate authority for it. */
  readonly hostCertificates?: true
}

/** Parts of a connection as an inventory says them. */
export type SaidConnection = Omit<HostConnection, 'via' | 'openssh'> & {
  /** Names of hosts of the inventory, or `user@address:port`, the one that is dialled from here first. */
  readonly via: readonly string[]
  /** The ssh_config that is asked instead of the usual ones, or `none`. */
  readonly sshConfig: string
}

/**
 * `strict` refuses unknown keys, `accept-new` records them, `pinned` asks for exactly one key. `rekey` is strict for a
 * host that is expected to come back with another key: while known_hosts has the key `from`, the key `to`, or any one
 * key up to the day `until` (YYYY-MM-DD, UTC), takes its place there.
 */
export type HostKeyPolicy =
  | { readonly kind: 'strict' }
  | { readonly kind: 'accept-new' }
  | { readonly kind: 'pinned'; readonly fingerprint: string }
  | { readonly kind: 'rekey'; readonly from: string; readonly to: string }
  | { readonly kind: 'rekey'; readonly from: string; readonly until: string }

/** Gives the value of a secret reference, or throws UsageError that names what is missing. */
export type RevealSecret = (reference: string) => Secret
