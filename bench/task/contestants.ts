import { copyFileSync, globSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ManySshds } from '../hosts/many-sshds.ts'
import { ansibleSettings, playbook } from './playbook.ts'
import { BARE, SAME_DUTIES } from './scripts.ts'

/** Somebody who does the task: a command, and where it is run. */
export interface Contestant {
  readonly name: string
  readonly words: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

const HOME = resolve(import.meta.dirname, '../..')

/** Ourselves and the floors: those of whom medians are taken. */
export function measuredOften(sites: ManySshds, folder: string): readonly Contestant[] {
  return [
    ourselves(sites, folder),
    floor('bare', BARE, sites, folder),
    floor('same duties', SAME_DUTIES, sites, folder),
  ]
}

/** Those who take so long that once must do. */
export function measuredOnce(sites: ManySshds, folder: string): readonly Contestant[] {
  const [strategies] = globSync('/usr/lib/python3*/dist-packages/ansible_mitogen/plugins/strategy')
  const plain = ansible('ansible-core', sites, join(folder, 'ansible'))
  return strategies === undefined
    ? [plain]
    : [plain, ansible('with mitogen', sites, join(folder, 'mitogen'), strategies)]
}

function ourselves({ hosts, key, knownHosts }: ManySshds, base: string): Contestant {
  const folder = join(base, 'project')
  mkdirSync(join(folder, 'runbooks'), { recursive: true })
  mkdirSync(join(folder, 'inventory'))
  for (const name of ['tune.ts', 'ten-steps.ts']) {
    copyFileSync(join(import.meta.dirname, name), join(folder, 'runbooks', name))
  }
  const lines = hosts.map(({ name, port }) => `  ${name}: { address: 127.0.0.1, port: ${port} }\n`)
  writeFileSync(
    join(folder, 'inventory/bench.yaml'),
    `connection: { user: root, identity: ${key}, knownHosts: ${knownHosts} }\nhosts:\n${lines.join('')}`,
  )
  return {
    name: 'runbook',
    words: [join(HOME, 'runbook'), 'run', 'tune', '--inventory', 'bench', '--yes'],
    folder,
    environment: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_STATE_HOME: join(base, 'state') },
  }
}

function floor(name: string, script: string, { hosts, key }: ManySshds, folder: string): Contestant {
  const file = join(folder, `${name.replace(' ', '-')}.json`)
  writeFileSync(file, JSON.stringify({ ports: hosts.map(({ port }) => port), key, script }))
  const words = [process.execPath, join(import.meta.dirname, 'floor.ts'), file]
  return { name, words, folder, environment: { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(folder, 'compiled') } }
}

function ansible(name: string, { hosts, key, knownHosts }: ManySshds, folder: string, strategies?: string): Contestant {
  mkdirSync(folder)
  const lines = hosts.map(({ name, port }) => `${name} ansible_port=${port}\n`)
  const all = `[all:vars]
ansible_host=127.0.0.1
ansible_user=root
ansible_ssh_private_key_file=${key}
ansible_ssh_common_args='-o UserKnownHostsFile=${knownHosts}'
`
  writeFileSync(join(folder, 'hosts.ini'), `${lines.join('')}${all}`)
  writeFileSync(join(folder, 'playbook.yml'), playbook())
  writeFileSync(join(folder, 'ansible.cfg'), ansibleSettings(strategies))
  // Settings of whoever measures are not the peer's: its home is a folder of its own.
  const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, LC_ALL: 'C.UTF-8' }
  return { name, words: ['ansible-playbook', '-i', 'hosts.ini', 'playbook.yml'], folder, environment }
}
