import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { COUNTS_FOLDER, HOST_USER } from '../../../src/rehearsal/hosts/host-model.ts'
import { type FakeCloud, fakeCloud } from '../../../src/testing.ts'
import { PASSWORD, type StandInApi, standInApi } from '../../cloud/stand-in-api.ts'
import { type Laptop, laptop, temporaryFolder } from '../command-line.ts'
import { secretFile } from '../hosts/ways.ts'
import { MACHINE } from './scenes.ts'

const SUDO = "soak 'Quokka58lantern"
const TOKEN = 'soak "Zebra77quartz" \\ 9'
/** What must stand nowhere. */
export const SECRETS = [SUDO, TOKEN, PASSWORD]

/** Hosts on which every scene can be played, their cloud, and a desk for each with a journal of its own. */
export interface StageSet {
  readonly set: ContainerSet
  readonly inventory: string
  readonly desks: readonly Laptop[]
  readonly cloud: FakeCloud
  /** The reference to a secret of a step. */
  readonly token: string
  down(): Promise<void>
}

export async function stageSet(count: number): Promise<StageSet> {
  const model = (index: number) =>
    isLast(index, count) ? ({ ...MACHINE, sudo: 'password', password: SUDO } as const) : MACHINE
  const set = await upHosts({ count, model, say: () => {}, mayInstall: async () => true })
  const names = await Promise.all(set.hosts.map(async (host) => (await host.inside('uname -n')).stdout.trim()))
  const cloud = fakeCloud({ services: names.map((host) => ({ host })) })
  const api: StandInApi = await standInApi(cloud)
  await Promise.all(set.hosts.map((host) => host.inside(PREPARE)))
  const more = api.environment
  const desks = await Promise.all(set.hosts.map(() => laptop(undefined, { more, ownGroup: true, deadline: 420_000 })))
  return {
    set,
    inventory: await writeInventory(set),
    desks,
    cloud,
    token: await secretFile(TOKEN),
    async down() {
      await api.close()
      await set.down()
    },
  }
}

const isLast = (index: number, count: number): boolean => index === count - 1

/** The last host is reached by the system's ssh, and wants a password of whoever becomes root. */
async function writeInventory({ hosts, identity, knownHosts }: ContainerSet): Promise<string> {
  const sudoPassword = await secretFile(SUDO)
  const way = (host: ContainerHost, index: number) => ({
    address: '127.0.0.1',
    port: host.port,
    ...(isLast(index, hosts.length) ? { connection: { transport: 'openssh', sudoPassword } } : {}),
  })
  const inventory = {
    hosts: Object.fromEntries(hosts.map((host, index) => [host.name, way(host, index)])),
    groups: {
      hypervisors: {
        hosts: hosts.map(({ name }) => name),
        overrides: { E_CONTAINER_KERNEL: 'a test host emulates its kernel' },
      },
    },
    connection: { user: HOST_USER, identity, knownHosts, become: 'sudo', sshConfig: 'none' },
  }
  const path = join(await temporaryFolder(), 'inventory.yaml')
  // JSON is YAML.
  await writeFile(path, JSON.stringify(inventory))
  await chmod(path, 0o600)
  return path
}

/** What `every-kind.ts` finds on a host. */
const PREPARE = `set -e
mkdir -p /etc/soak ${COUNTS_FOLDER}
echo old >/etc/soak/conf
echo old >/etc/soak/line
cat >/etc/systemd/system/soak.service <<'END'
[Service]
ExecStartPre=/bin/sh -c 'echo started >>${COUNTS_FOLDER}/soak-starts'
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable --now --quiet soak.service`
