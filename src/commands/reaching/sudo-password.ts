import { resolve } from 'node:path'

import { UsageError } from '../../model/errors.ts'
import type { Host } from '../../model/inventory.ts'
import type { Options } from '../flags.ts'

/**
 * Hosts with the password that the command line names, over what the inventory says: by reference, so that a resume
 * finds or asks for it again. Root, and who becomes nobody else, needs none. Throws UsageError for two that are named.
 */
export function withSudoPassword(
  hosts: readonly Host[],
  { askSudo, sudoPasswordFile }: Options,
  folder: string,
): readonly Host[] {
  if (askSudo && sudoPasswordFile !== undefined) {
    throw new UsageError('--ask-sudo and --sudo-password-file name two passwords', { remedy: 'Say one of them.' })
  }
  const file = sudoPasswordFile === undefined ? undefined : `file:${resolve(folder, sudoPasswordFile)}`
  const sudoPassword = askSudo ? 'prompt:sudo password' : file
  if (sudoPassword === undefined) return hosts
  return hosts.map((host) => {
    const { user, become } = host.connection
    return user === 'root' || become === 'none' ? host : { ...host, connection: { ...host.connection, sudoPassword } }
  })
}
