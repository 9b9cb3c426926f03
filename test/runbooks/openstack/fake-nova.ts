import { guestDisks } from '../../../src/library/facts/openstack/instances.ts'
import { novaSource } from '../../../src/library/facts/openstack/nova-source.ts'
import { novaCompute } from '../../../src/library/facts/openstack/services.ts'
import { kernel } from '../../../src/library/facts/system.ts'
import type { Answer } from '../../../src/model/fact.ts'
import { type FakeHost, type FakeProgram, fakeHost } from '../../../src/testing.ts'
import { fixture } from '../../library/fixture.ts'
import { when } from '../fake-questions.ts'
import { type FakeServiceOptions, servicePrograms } from './fake-service.ts'

export const NOVA_UNIT = 'nova-compute.service'
export const NOVA_CONF = '/etc/nova/nova.conf'
export const COMPUTE_CONF = '/etc/nova/nova-compute.conf'
export const CONFIG_PY = '/usr/lib/python3/dist-packages/nova/virt/libvirt/config.py'

/** nova.conf and nova-compute.conf as Debian's packages bring them, cut short. */
export const PACKAGED = {
  [NOVA_CONF]: fixture('nova-conf-26.2.2.excerpt.debian-12').stdout,
  [COMPUTE_CONF]: fixture('nova-compute-conf-26.2.2.debian-12').stdout,
}

export interface NovaOptions extends FakeServiceOptions {
  readonly name?: string
  /** Beside the packaged ones, or instead of them. */
  readonly files?: Readonly<Record<string, string>>
  /** What `virsh` shows of the disks of running guests. Default: no guest runs. */
  readonly disks?: string | Partial<Answer>
  /** File system under the instances. Default ext4; null: no such folder. */
  readonly fileSystem?: string | null
  /** What is said of nova's own files. Default: the service imports {@link CONFIG_PY}. */
  readonly source?: string
  /** What an interpreter says of a text that it is given to compile. Default: it compiles. */
  readonly compiles?: Partial<Answer>
  /** Room and images of the instances. Default: no such folder. */
  readonly space?: string | Partial<Answer>
  /** What comes of reading a file past the page cache. Default: it works. */
  readonly direct?: Partial<Answer>
  readonly commands?: readonly FakeProgram[]
}

/** A hypervisor of OpenStack in memory, as far as nova-compute and its files go. */
export function fakeNova(options: NovaOptions = {}): { readonly host: FakeHost } {
  const { name = 'hv-01', fileSystem = 'ext4' } = options
  const host = fakeHost({
    name,
    files: { ...PACKAGED, [CONFIG_PY]: MODERN, ...options.files },
    commands: [
      ...(options.commands ?? []),
      ...servicePrograms(novaCompute, {
        words: [
          '/usr/bin/python3',
          '/usr/bin/nova-compute',
          `--config-file=${NOVA_CONF}`,
          `--config-file=${COMPUTE_CONF}`,
        ],
        ...options,
      }),
      when(guestDisks, options.disks ?? ''),
      when(
        novaSource(novaCompute),
        options.source ?? `python 64060 64060 /usr/bin/python3\nservice ${CONFIG_PY}\nfound ${CONFIG_PY}\n`,
      ),
      when(kernel, 'x86_64\n6.1.0-42-amd64\n'),
      [/^cd '[^']*' && df -Pk/, options.space ?? { exitCode: 2 }],
      [/^f=\$\(find .* iflag=direct/, options.direct ?? {}],
      [/^printf '%s' '[\s\S]*' \| setpriv /, options.compiles ?? {}],
      [/^if command -v dpkg-query /, 'python3-nova 2:26.2.2-1~deb12u5\n'],
      [/^findmnt -n -o FSTYPE -T /, fileSystem === null ? { exitCode: 1 } : `${fileSystem}\n`],
    ],
  })
  if (options.unit !== null) host.units.set(options.unit ?? NOVA_UNIT, 'invocation-0')
  return { host }
}

/** nova's class of guest disks, cut short: a modern one, and the same as the old patch leaves it. */
export const MODERN = fixture('nova-26.2.2-config-py.guest-disk.debian-12').stdout
export const KILO = fixture('nova-2015.1-config-py.guest-disk').stdout
