import type { OpensshWishes, TransportName } from '../../model/inventory.ts'

/** What decides who speaks SSH. */
export interface TransportFacts {
  /** What the inventory says; `auto` leaves it to the rest. */
  readonly said: TransportName | 'auto'
  /** What only the system's ssh can do, where ssh_config or known_hosts ask for it. */
  readonly wishes?: OpensshWishes | undefined
  /** What lies at the paths of the identity files. */
  readonly identities: readonly IdentityFacts[]
}

export interface IdentityFacts {
  readonly path: string
  /** A certificate lies beside it, as `PATH-cert.pub`. */
  readonly certificate: boolean
  /** Its private half is in a hardware key (FIDO2): the type of the public one begins with `sk-`. */
  readonly hardware: boolean
}

export interface ChosenTransport {
  readonly transport: TransportName
  /** Half a sentence for people: who said so, or what ssh2 cannot do. */
  readonly because: string
}

/** ssh2 where it can, for it needs no process per host; the system's ssh where only that can. */
export function chooseTransport({ said, wishes = {}, identities }: TransportFacts): ChosenTransport {
  if (said !== 'auto') return { transport: said, because: 'the inventory says so' }
  const certified = identities.find(({ certificate }) => certificate)
  const hardware = identities.find((identity) => identity.hardware)
  const reasons = [
    certified && `${certified.path} has a certificate`,
    hardware && `${hardware.path} is a hardware key`,
    wishes.proxyCommand && 'ssh_config has a ProxyCommand for it',
    wishes.certificateFiles?.length && 'ssh_config has a CertificateFile for it',
    wishes.pkcs11Provider && 'ssh_config has a PKCS11Provider for it',
    wishes.gssapi && 'ssh_config wants GSSAPI for it',
    wishes.hostCertificates && 'known_hosts has a certificate authority for it',
  ].filter((reason) => typeof reason === 'string')
  const [because] = reasons
  return because === undefined
    ? { transport: 'ssh2', because: 'nothing asks for more' }
    : { transport: 'openssh', because }
}
