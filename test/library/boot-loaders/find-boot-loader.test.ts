import { describe, expect, it } from 'vitest'
import { likelyLoader } from '../../../src/library/boot-loaders/find-boot-loader.ts'
import { type BootSurroundings, bootSurroundings, menuOf } from '../../../src/library/facts/boot/surroundings.ts'
import { inShell } from '../in-shell.ts'

const STUB = `search --no-floppy --fs-uuid --set=dev 5f0a7d0e-6b0c-4d2e-9a53-0c6a52f1b7aa
set prefix=($dev)/grub2
export $prefix
configfile $prefix/grub.cfg
`
const MENU = `# a menu\n${'#'.repeat(2000)}\nconfigfile elsewhere\n`
const BLS = 'GRUB_CMDLINE_LINUX="rhgb quiet"\nGRUB_ENABLE_BLSCFG=true\n'
const ENTRY = 'title Rocky Linux\nlinux /vmlinuz-5.14.0-427.el9.x86_64\n'

const DEBIAN = { '/etc/default/grub': 'GRUB_DEFAULT=0\n', '/boot/grub/grub.cfg': MENU }
const ROCKY_9 = {
  '/etc/default/grub': BLS,
  '/boot/grub2/grub.cfg': MENU,
  '/boot/efi/EFI/rocky/grub.cfg': STUB,
  '/boot/loader/entries/a-5.14.0-427.el9.x86_64.conf': ENTRY,
}
const CENTOS_7 = { '/etc/default/grub': 'GRUB_CMDLINE_LINUX="rhgb"\n', '/boot/grub2/grub.cfg': MENU }
const CENTOS_7_EFI = { '/etc/default/grub': 'GRUB_CMDLINE_LINUX="rhgb"\n', '/boot/efi/EFI/centos/grub.cfg': MENU }
const SYSTEMD_BOOT = { '/etc/kernel/cmdline': 'root=LABEL=root\n', '/boot/efi/loader/entries/a-6.1.0.conf': ENTRY }

/** The question itself, asked of a real shell over these files. */
const around = (files: Readonly<Record<string, string | null>>): BootSurroundings =>
  bootSurroundings.read(
    inShell(bootSurroundings.question.text, ['/etc', '/boot', '/sys', '/run', '/efi'], { '/boot/x': '', ...files }),
  )

describe('how a host boots', () => {
  it('is told by its files', () => {
    expect(around(ROCKY_9)).toMatchObject({
      imageBased: false,
      unifiedKernelImage: false,
      usesEntries: true,
      entryFolders: ['/boot/loader/entries'],
      files: [
        { path: '/etc/default/grub', stub: false },
        { path: '/boot/grub2/grub.cfg', bytes: MENU.length, stub: false },
        { path: '/boot/efi/EFI/rocky/grub.cfg', bytes: STUB.length, stub: true },
      ],
    })
  })

  it('is told by what EFI variables say of it', () => {
    const wide = (text: string) => `\x06\0\0\0${[...text].map((character) => `${character}\0`).join('')}\0\0`
    const id = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f'
    const unified = around({ ...ROCKY_9, [`/sys/firmware/efi/efivars/StubInfo-${id}`]: wide('systemd-stub 252') })
    const started = around({ ...ROCKY_9, [`/sys/firmware/efi/efivars/LoaderInfo-${id}`]: wide('systemd-boot 252') })

    expect([unified.unifiedKernelImage, started.startedBy, likelyLoader(started)]).toEqual([
      true,
      'systemd-boot 252',
      'systemd-boot',
    ])
  })

  it('is told by what an image based system leaves', () => {
    expect(around({ ...ROCKY_9, '/run/ostree-booted': '' }).imageBased).toBe(true)
  })

  it.each([
    ['Debian', DEBIAN, 'grub-debian'],
    ['a RHEL 9 with a stub on the ESP', ROCKY_9, 'grub2-bls'],
    ['a RHEL 9 without the stub', { ...ROCKY_9, '/boot/efi/EFI/rocky/grub.cfg': null }, 'grub2-bls'],
    ['a RHEL 7', CENTOS_7, 'grub2-classic'],
    ['a RHEL 7 started by EFI', CENTOS_7_EFI, 'grub2-classic'],
    ['a host with entries and no GRUB', SYSTEMD_BOOT, 'systemd-boot'],
    [
      'a RHEL 8 whose entries were switched off',
      { ...ROCKY_9, '/etc/default/grub': 'GRUB_TIMEOUT=5\n' },
      'grub2-classic',
    ],
    ['a host with neither', { '/etc/hostname': 'x\n' }, null],
  ])('makes %s what it is', (_title, files, loader) => {
    expect(likelyLoader(around(files))).toBe(loader)
  })
})

describe('the menu of a RHEL without entries', () => {
  const efi = { '/sys/firmware/efi/efivars': null }

  it.each([
    ['on disk where BIOS starts it', { ...CENTOS_7, ...CENTOS_7_EFI }, '/boot/grub2/grub.cfg'],
    ['on the ESP where EFI starts it', { ...CENTOS_7, ...CENTOS_7_EFI, ...efi }, '/boot/efi/EFI/centos/grub.cfg'],
    ['never the stub on the ESP', { ...ROCKY_9, ...efi }, '/boot/grub2/grub.cfg'],
  ])('is %s', (_title, files, path) => {
    expect(menuOf(around(files))).toBe(path)
  })
})
