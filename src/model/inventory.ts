import type { Json } from './json.ts'
import type { Secret } from './secret.ts'

/** The machines and their names. */
export interface Inventory {
  /** What the operator typed, such as `prod`. */
  readonly name: string
  readonly hosts: ReadonlyMap<string, Host>
  /** Group name to the names of its hosts, children included. `all` is always there. */
  readonly groups: ReadonlyMap<string, readonly string[]>
}

/** One machine: how to reach it, and what its groups and itself say about parameters. */
export interface Host {
  readonly name: string
  readonly groups: readonly string[]
  readonly connection: HostConnection
  /** Parameter values, already merged: nearer groups over farther ones, the host over its groups. */
  readonly vars: Readonly<Record<string, Json>>
  /** Where each value came from, as `group hypervisors`, `host hv-01`. */
  readonly origins: Readonly<Record<string, string>>
  /** Codes that this host's inventory overrides, with the reason given there. */
  readonly overrides: Readonly<Record<string, string>>
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
  /** `strict` refuses unknown keys, `accept-new` records them, `pinned` asks for exactly the named fingerprint. */
  readonly hostKeys: HostKeyPolicy
  /** How to become root. `none` where the user is root. */
  readonly become: 'none' | 'sudo'
  /** Where the sudo password comes from, such as `env:NAME` or `file:/path`. Absent: sudo needs none. */
  readonly sudoPassword?: string
}

export type HostKeyPolicy =
  | { readonly kind: 'strict' }
  | { readonly kind: 'accept-new' }
  | { readonly kind: 'pinned'; readonly fingerprint: string }

/** Gives the value of a secret reference, or throws UsageError that names what is missing. */
export type RevealSecret = (reference: string) => Secret
