import { blocked, type Check, needed, satisfied } from '../../model/check.ts'
import { sh } from '../../model/command.ts'
import type { Probe } from '../../model/probe.ts'
import { type ChangeStep, step } from '../../model/step.ts'
import type { ServiceSearch } from '../facts/libvirt.ts'
import { mounts } from '../facts/mounts.ts'
import { unitState } from '../facts/units.ts'
import { bytesInWords, PAGE_BYTES, type PageSize } from '../formats/bytes.ts'
import { hugetlbfsMounts, type Mount } from '../formats/findmnt.ts'
import { isOwned, notOurs, ownedText } from './owned-file.ts'
import { unitOf } from './restart-unit.ts'

/** What was found before a mount: enough to take away exactly what this step added. */
export type MountFound = {
  readonly file: string
  readonly writes: boolean
  readonly enabled: boolean
  readonly mounted: boolean
  readonly service: string | null
}

export interface MountUnitParts {
  readonly id: string
  readonly size: PageSize
  /** Where the pages are mounted, such as `/dev/hugepages1G`. */
  readonly path: string
  readonly runbook: string
  /** The service that looks for mounts when it starts. */
  readonly readBy: ServiceSearch
}

/** A hugetlbfs that is mounted now and at every boot, by a systemd unit, exactly once: a second mount would be stacked. */
export function mountUnit({ id, size, path, runbook, readBy }: MountUnitParts): ChangeStep<MountFound> {
  const unit = mountUnitName(path)
  const file = `/etc/systemd/system/${unit}`
  const wish = ownedText(runbook, unitBody(size, path))
  return step<MountFound>({
    id,
    async check(host): Promise<Check<MountFound>> {
      const [present, state, all, service] = await Promise.all([
        host.read(file),
        host.ask(unitState(unit)),
        host.ask(mounts),
        unitOf(host, readBy),
      ])
      const there = all.filter(({ target }) => target === path)
      const conflict = mountConflict(there, size)
      if (conflict !== null) return mountedOtherwise(host, path, conflict)
      if (present.state === 'present' && !isOwned(present.text, runbook)) return notOurs(file, runbook)
      const writes = present.text !== wish
      const enabled = state.enabled === 'enabled'
      const mounted = there.length === 1
      if (!writes && enabled && mounted) return satisfied(`${path} is mounted once, with pages of ${size}`)
      const extra = { diff: [present.text, wish] as const, ...(service === null ? {} : { readBy: service }) }
      const found = { file: present.fingerprint, writes, enabled, mounted, service }
      return needed(`${writes ? 'write, enable and start' : 'enable and start'} ${unit}`, found, extra)
    },
    async apply(host, found) {
      const noticed = found.service === null ? {} : { readBy: found.service }
      if (found.writes) await host.write(file, wish, { replacing: found.file, ...noticed })
      await host.run(sh`systemctl daemon-reload && systemctl enable --now ${unit}`, noticed)
    },
    async rollback(host, found) {
      if (!found.enabled) await host.run(sh`if [ -e ${file} ]; then systemctl disable ${unit}; fi`)
      await host.restore(file, found.file)
      const busy = `${path} is busy and stays mounted until the next boot`
      const unmount = found.mounted
        ? sh`systemctl daemon-reload`
        : sh`systemctl daemon-reload && if mountpoint -q ${path}; then umount ${path} || echo ${busy}; fi`
      await host.run(unmount, found.service === null ? {} : { readBy: found.service })
    },
  })
}

/**
 * The unit name of a mount point, as `systemd-escape --path --suffix=mount` gives it.
 *
 *     mountUnitName('/dev/hugepages-1G')   // dev-hugepages\x2d1G.mount
 */
export function mountUnitName(path: string): string {
  const parts = path.split('/').filter((part) => part !== '')
  const escaped = parts
    .join('/')
    .replace(/^\.|[^A-Za-z0-9:_.]/g, (character) =>
      character === '/'
        ? '-'
        : [...new TextEncoder().encode(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    )
  return `${escaped === '' ? '-' : escaped}.mount`
}

/** What stands against mounting pages of this size where these mounts are; null when nothing does. */
export function mountConflict(there: readonly Mount[], size: PageSize): string | null {
  if (there.length === 0) return null
  if (there.length > 1) return `is mounted ${there.length} times, one over the other`
  const [mount] = hugetlbfsMounts(there)
  if (!mount) return `is a mount of ${there[0]?.type}`
  if (mount.pageBytes === PAGE_BYTES[size]) return null
  return `is mounted with pages of ${mount.pageBytes === null ? 'an unknown size' : bytesInWords(mount.pageBytes)}`
}

const mountedOtherwise = (host: Probe, path: string, conflict: string) =>
  blocked({
    code: 'E_MOUNT_CONFLICT',
    because: `${path} ${conflict}`,
    remedy: `Find out who uses it (fuser -vm ${path}) and unmount it on ${host.name}, or choose another path in mounts.`,
  })

const unitBody = (size: PageSize, path: string): string => `[Unit]
Description=runbook hugetlbfs ${size}
DefaultDependencies=no
Before=libvirtd.service virtqemud.service
ConditionPathExists=/sys/kernel/mm/hugepages/hugepages-${PAGE_BYTES[size] / 1024}kB
[Mount]
What=hugetlbfs
Where=${path}
Type=hugetlbfs
Options=pagesize=${size}
[Install]
WantedBy=sysinit.target
`
