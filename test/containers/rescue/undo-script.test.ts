import { beforeAll, describe, expect, it } from 'vitest'
import { bootAgain, undoByHand } from '../../../src/rehearsal/drills/rescue-drill.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import type { Flavour, HostModel } from '../../../src/rehearsal/hosts/host-model.ts'
import { beyondRecord, differences, type Snapshot, takeSnapshot } from '../../../src/rehearsal/verdict/snapshot.ts'
import { type Ended, laptop } from '../command-line.ts'
import { useParts } from '../hosts/parts.ts'

const WISH = ['-e', 'count1g=4', '-e', 'count2m=64', '--yes']
const BOOT_FILES = '/boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/loader/entries/*.conf /etc/default/grub'

/** What makes a file of root's somebody else's too: owner, mode, and an access list, which no mode tells. */
const SHARE = `for f in ${BOOT_FILES}; do [ -f "$f" ] && chown root:adm "$f" && chmod 640 "$f" && python3 -c '
import os, sys
part = lambda tag, bits, who=0xffffffff: tag.to_bytes(2, "little") + bits.to_bytes(2, "little") + who.to_bytes(4, "little")
list = part(1, 6) + part(2, 4, 1234) + part(4, 4) + part(16, 4) + part(32, 0)
os.setxattr(sys.argv[1], "system.posix_acl_access", (2).to_bytes(4, "little") + list)' "$f"; done; true`
const LISTS = `for f in ${BOOT_FILES}; do [ -f "$f" ] && python3 -c '
import os, sys
print(sys.argv[1], os.getxattr(sys.argv[1], "system.posix_acl_access").hex())' "$f" 2>&1; done; true`

/** Kernel arguments on shared files, taken back by undo.sh in a shell without network and services. */
function takenBack<Part extends string>(flavour: Flavour, models: Readonly<Record<Part, HostModel>>): void {
  const cast = useParts<Part>(models, flavour)
  const parts = Object.entries(models) as [Part, HostModel][]
  const found = new Map<Part, { readonly files: Snapshot; readonly lists: string; readonly commandLine: string }>()
  let ended: Ended

  const lookAt = async (host: ContainerHost) => ({
    files: await takeSnapshot(host),
    lists: (await host.inside(LISTS)).stdout,
    commandLine: (await host.inside('cat /proc/cmdline')).stdout,
  })

  beforeAll(async () => {
    for (const [part] of parts) {
      await cast.hosts[part].inside(SHARE)
      found.set(part, await lookAt(cast.hosts[part]))
    }
    const { type } = await laptop()
    ended = await type('run', 'hugepages-1g', '-i', cast.set.inventory, ...WISH, '--batch', String(parts.length))
  })

  it.each(parts.map(([part]) => part))('%s', async (part) => {
    const host = cast.hosts[part]
    const changed = await lookAt(host)

    const left = await undoByHand(host, ended.run)
    const back = await lookAt(host)
    await bootAgain(host)
    const booted = await lookAt(host)

    expect(ended.exitCode).toBe(0)
    expect(changed.commandLine).toContain('hugepages=4')
    expect(found.get(part)?.lists).toMatch(/02000000/)
    expect(left).toEqual([])
    expect(pathsOf(found.get(part)!.files, back.files)).toEqual(LINKS)
    expect(back.lists).toBe(found.get(part)?.lists)
    expect(booted.commandLine).toBe(found.get(part)?.commandLine)
  })
}

/** What `systemctl enable` made: links to units that are gone. */
const LINKS = ['1G', '2M'].map((size) => `/etc/systemd/system/sysinit.target.wants/dev-hugepages${size}.mount`)

const pathsOf = (before: Snapshot, after: Snapshot): readonly string[] =>
  beyondRecord(differences(before, after)).map(({ path }) => path)

describe('undo.sh gives files their bytes, mode, owner and access list back, and the boot its arguments', () => {
  describe('on Debian', () => takenBack('debian', { 'with a menu that is generated': {} }))

  describe('on hosts of the RHEL family', () =>
    takenBack('rhel', {
      'with boot loader entries': { grubby: 'collapses' },
      'with entries that name a variable of GRUB': { release: '8' },
    }))
})
