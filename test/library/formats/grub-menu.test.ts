import { describe, expect, it } from 'vitest'
import {
  grubEntries,
  isNormalEntry,
  isRecoveryEntry,
  nextEntry,
  readGrubEnvironment,
  readGrubMenu,
} from '../../../src/library/formats/grub-menu.ts'
import { fixture } from '../fixture.ts'

const plain = readGrubMenu(fixture('grub-cfg-2.06.plain.debian-12').stdout)
const none = readGrubEnvironment(fixture('grub-editenv-2.06-list.empty.debian-12').stdout)

describe('the menu that grub-mkconfig 2.06 generates', () => {
  it('has the entries of all kernels, those of submenus in their place', () => {
    const entries = grubEntries(plain.items).map((entry) => [
      isNormalEntry(entry) ? 'normal' : isRecoveryEntry(entry) ? 'recovery' : 'other',
      entry.title,
      entry.linux,
    ])

    expect(entries).toEqual([
      ['normal', 'Debian GNU/Linux', '/boot/vmlinuz-6.1.0-42-amd64 root=/dev/vda1 ro console=ttyS0 quiet'],
      [
        'normal',
        'Debian GNU/Linux, with Linux 6.1.0-42-amd64',
        '/boot/vmlinuz-6.1.0-42-amd64 root=/dev/vda1 ro console=ttyS0 quiet',
      ],
      [
        'recovery',
        'Debian GNU/Linux, with Linux 6.1.0-42-amd64 (recovery mode)',
        '/boot/vmlinuz-6.1.0-42-amd64 root=/dev/vda1 ro single console=ttyS0',
      ],
      [
        'normal',
        'Debian GNU/Linux, with Linux 6.1.0-40-amd64',
        '/boot/vmlinuz-6.1.0-40-amd64 root=/dev/vda1 ro console=ttyS0 quiet',
      ],
      [
        'recovery',
        'Debian GNU/Linux, with Linux 6.1.0-40-amd64 (recovery mode)',
        '/boot/vmlinuz-6.1.0-40-amd64 root=/dev/vda1 ro single console=ttyS0',
      ],
    ])
  })

  it('puts the arguments of the drop-in behind the others, and into no recovery entry', () => {
    const menu = readGrubMenu(fixture('grub-cfg-2.06.hugepages.debian-12').stdout)

    const lines = grubEntries(menu.items).map(({ linux }) => linux?.replace(/^\S+ /, ''))

    const block = 'default_hugepagesz=1G hugepagesz=1G hugepages=80 hugepagesz=2M hugepages=1024'
    const normal = `root=/dev/vda1 ro console=ttyS0 quiet ${block}`
    const recovery = 'root=/dev/vda1 ro single console=ttyS0'
    expect(lines).toEqual([normal, normal, recovery, normal, recovery])
  })
})

describe('the entry of the next boot', () => {
  const title = (menu: typeof plain, environment = none) => nextEntry(menu, environment)?.title

  it('is the first one when nothing else is said', () => {
    expect(title(plain)).toBe('Debian GNU/Linux')
  })

  it('is found by number, by id within a submenu, and by title', () => {
    const by = (choice: string) => title({ ...plain, default: choice })

    expect([
      by('1>2'),
      by('gnulinux-simple-4c24a4a2-8f61-4b2c-9d7e-1f0b2a6f1c11'),
      by('Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-40-amd64'),
    ]).toEqual([
      'Debian GNU/Linux, with Linux 6.1.0-40-amd64',
      'Debian GNU/Linux',
      'Debian GNU/Linux, with Linux 6.1.0-40-amd64',
    ])
  })

  it('is the saved one where the menu says so, and the one-time one before it', () => {
    const saved = readGrubEnvironment(fixture('grub-editenv-2.06-list.saved.debian-12').stdout)
    const menu = { ...plain, default: '${saved_entry}' }

    expect([title(menu, saved), title(menu, { ...saved, nextEntry: '0' }), title(menu)]).toEqual([
      'Debian GNU/Linux, with Linux 6.1.0-40-amd64',
      'Debian GNU/Linux',
      'Debian GNU/Linux',
    ])
  })

  it('falls back to the first one when the name is gone', () => {
    expect(title({ ...plain, default: 'Linux 5.10' })).toBe('Debian GNU/Linux')
  })
})
