/** What test hosts can and cannot prove of the steps that they are used with. */
export interface Emulation {
  /** Step id to what stood in for the real thing. */
  readonly emulated: Readonly<Record<string, string>>
  /** Steps whose every proof the hosts give for real. */
  readonly real: readonly string[]
  /** Steps that have nothing to do on hosts of this kind, whatever they are asked, and why. */
  readonly notHere: Readonly<Record<string, string>>
  /** What steps are that are named in none of these. */
  readonly others: 'real' | 'unknown'
}

/**
 * What `Dockerfile.testhost` means for gates that several runbooks share. What it means for a runbook's own steps
 * stands in its `NAME.rehearsal.yaml`.
 */
export const SHARED_GATES: Emulation = {
  emulated: {
    'own-kernel': 'the guard is overridden: a container has no kernel of its own',
    'cpu-offers-giant-pages': '/proc/cpuinfo',
    'no-guests-running': 'virsh',
  },
  real: [
    'known-distribution',
    'tuned-leaves-arguments-alone',
    'boot-loader-can-be-edited',
    'boot-files-are-unmanaged',
    'no-other-arguments',
    'boot-entries',
    'nova-is-left-alone',
  ],
  notHere: {},
  others: 'unknown',
}

/** Both together; where they differ, what the runbook's own file says holds. */
export const beside = (shared: Emulation, own: Emulation): Emulation => ({
  emulated: { ...without(shared.emulated, own.real), ...own.emulated },
  real: [...shared.real.filter((step) => !(step in own.emulated)), ...own.real],
  notHere: { ...shared.notHere, ...own.notHere },
  others: own.others,
})

const without = (emulated: Emulation['emulated'], steps: readonly string[]): Emulation['emulated'] =>
  Object.fromEntries(Object.entries(emulated).filter(([step]) => !steps.includes(step)))
