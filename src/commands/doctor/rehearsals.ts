import { access, constants } from 'node:fs/promises'

import { findProgram } from '../../rehearsal/docker/packages.ts'
import { type Finding, hint, ok } from './finding.ts'

/** What rehearsals would find here. Nobody needs them to run anything. */
export async function rehearsalFindings(): Promise<readonly Finding[]> {
  const kvm = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  return [
    findProgram('dockerd') || findProgram('docker')
      ? ok('Docker, for rehearsals on containers')
      : hint('no Docker: rehearsals on containers install it, as root', 'runbook rehearse NAME --yes'),
    findProgram('qemu-system-x86_64')
      ? ok(`QEMU, for rehearsals on virtual machines${kvm ? '' : '; slowly, since /dev/kvm cannot be used'}`)
      : hint('no QEMU: rehearsals on virtual machines install it, as root', 'runbook rehearse NAME --on vm --yes'),
  ]
}
