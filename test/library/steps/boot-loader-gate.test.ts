import { describe, expect, it } from 'vitest'
import type { BootSurroundings } from '../../../src/library/facts/grub.ts'
import { readGrubMenu } from '../../../src/library/formats/grub-menu.ts'
import { type HugepageWish, hugepageBlock } from '../../../src/library/formats/hugepage-arguments.ts'
import { menuFaults } from '../../../src/library/steps/boot-config.ts'
import { lengthFault, surroundingsFault } from '../../../src/library/steps/boot-loader-gate.ts'
import { wantedHugepages } from '../../../src/library/steps/hugepage-arguments.ts'
import type { FileState } from '../../../src/model/probe.ts'
import { fixture } from '../fixture.ts'

const wish: HugepageWish = { defaultSize: '1G', counts: { '1G': 80, '2M': 1024 } }
const runbook = 'hugepages-1g'
const wanted = wantedHugepages(wish, { runbook, variable: 'GRUB_CMDLINE_LINUX_DEFAULT' })
const around: BootSurroundings = {
  imageBased: false,
  unifiedKernelImage: false,
  updateGrub: true,
  loaderEntries: false,
  bootFree: 1024 ** 3,
  menuBytes: 7000,
}
const files = [{ path: '/etc/default/grub', fingerprint: 'sha256:a', text: '', fault: '' }]
const absent: FileState = { state: 'absent', path: '/boot/grub/grub.cfg', text: '', fingerprint: 'absent' }
const menu: FileState = {
  ...absent,
  state: 'present',
  fingerprint: 'sha256:b',
  mode: '0600',
  owner: '0:0',
} as FileState

describe('what forbids to edit a boot loader', () => {
  it('is nothing on a plain Debian host', () => {
    expect(surroundingsFault('hv', around, files, menu)).toBeNull()
  })

  it.each([
    ['an image based host', { imageBased: true }, 'E_IMAGE_BASED'],
    ['a unified kernel image', { unifiedKernelImage: true }, 'E_UEFI_UKI'],
    ['no update-grub', { updateGrub: false }, 'E_GRUB_TOOL_MISSING'],
    ['no room for the menu in /boot', { bootFree: 1024 ** 2 }, 'E_BOOT_FULL'],
  ])('is %s', (_title, other, code) => {
    expect(surroundingsFault('hv', { ...around, ...other }, files, menu)?.code).toBe(code)
  })

  it('is a missing file of GRUB', () => {
    const without = [
      surroundingsFault('hv', around, [], menu),
      surroundingsFault('hv', { ...around, loaderEntries: true }, files, absent),
    ]

    expect(without.map((reason) => reason?.code)).toEqual(['E_GRUB_MISSING', 'E_GRUB_MISSING'])
    expect(without[1]?.because).toContain('/boot/loader/entries')
  })

  it('is a command line longer than the kernel reads, without counting what is replaced', () => {
    const long = `/vmlinuz ${'x'.repeat(1950)}`

    expect([
      lengthFault(`${long} ${hugepageBlock(wish)}`, wanted),
      lengthFault(`${long} quiet quiet quiet`, wanted)?.code,
    ]).toEqual([null, 'E_CMDLINE_TOO_LONG'])
  })
})

describe('what keeps a menu from carrying the arguments', () => {
  const none = { savedEntry: '', nextEntry: '' }
  const plain = readGrubMenu(fixture('grub-cfg-2.06.plain.debian-12').stdout)
  const generated = readGrubMenu(fixture('grub-cfg-2.06.hugepages.debian-12').stdout)

  it('is nothing in a menu generated with the drop-in', () => {
    expect(menuFaults(generated, none, wanted)).toEqual([])
  })

  it('is that the entries lack them', () => {
    expect(menuFaults(plain, none, wanted)).toEqual([
      'the default entry "Debian GNU/Linux" lacks the arguments',
      '3 normal entries do not carry them exactly once',
    ])
  })

  it('is a recovery entry that carries them: it is the way out of a bad boot', () => {
    const { stdout } = fixture('grub-cfg-2.06.hugepages.debian-12')
    const tainted = readGrubMenu(stdout.replaceAll('ro single', 'ro single hugepages=5'))
    const everywhere = wantedHugepages(wish, { runbook, variable: 'GRUB_CMDLINE_LINUX' })

    expect([menuFaults(tainted, none, wanted), menuFaults(tainted, none, everywhere)]).toEqual([
      ['2 recovery entries carry them'],
      [],
    ])
  })

  it('is that a size is named twice', () => {
    const { stdout } = fixture('grub-cfg-2.06.hugepages.debian-12')
    const twice = readGrubMenu(stdout.replaceAll('quiet default', 'quiet hugepagesz=2M hugepages=64 default'))

    expect(menuFaults(twice, none, wanted)).toHaveLength(2)
  })

  it('is an empty menu', () => {
    expect(menuFaults(readGrubMenu(''), none, wanted)).toEqual(['the menu is empty'])
  })
})
