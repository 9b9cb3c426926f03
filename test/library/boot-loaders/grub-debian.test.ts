import { describe, expect, it } from 'vitest'
import { menuFaults } from '../../../src/library/boot-loaders/grub-debian.ts'
import { lengthFault } from '../../../src/library/boot-loaders/refusals.ts'
import { readGrubMenu } from '../../../src/library/formats/grub-menu.ts'
import { type HugepageWish, hugepageBlock } from '../../../src/library/formats/hugepage-arguments.ts'
import { wantedHugepages } from '../../../src/library/steps/boot/hugepage-arguments.ts'
import { fixture } from '../fixture.ts'

const wish: HugepageWish = { defaultSize: '1G', counts: { '1G': 80, '2M': 1024 } }
const runbook = 'hugepages-1g'
const wanted = wantedHugepages(wish, { runbook, variable: 'GRUB_CMDLINE_LINUX_DEFAULT' })

describe('what forbids to edit a boot loader', () => {
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
