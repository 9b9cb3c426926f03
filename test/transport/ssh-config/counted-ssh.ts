import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../../../src/model/inventory.ts'
import { resolveConnections } from '../../../src/transport/ssh-config/resolve-connections.ts'
import { makeSshConfig } from '../../../src/transport/ssh-config/ssh-config.ts'
import { inventoryOf } from '../../inventory/inventory-text.ts'

/** A folder with an `ssh` before the real one in PATH, which counts its calls and hands them on. */
export interface CountedSsh {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** What it was asked for since the last time, a line for each call. */
  calls(): readonly string[]
  write(name: string, text: string): string
  /** Hosts of an inventory, resolved; `sshConfig` is the text of the file that is asked. */
  resolve(yaml: string, sshConfig: string): Promise<readonly Host[]>
  remove(): void
}

export function countedSsh(): CountedSsh {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-ssh-config-'))
  const calls = join(folder, 'calls')
  const real = execFileSync('/bin/sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim()
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\nprintf '%s\\n' "$*" >>${calls}\nexec ${real} "$@"\n`, { mode: 0o755 })
  const environment = { PATH: `${folder}:/usr/bin:/bin` }
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  return {
    folder,
    environment,
    write,
    calls() {
      const lines = existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []
      rmSync(calls, { force: true })
      return lines
    },
    resolve(yaml, sshConfig) {
      const { hosts } = inventoryOf(yaml.replace('CONFIG', write('config', sshConfig)))
      return resolveConnections([...hosts.values()], { all: hosts, config: makeSshConfig(environment) })
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
