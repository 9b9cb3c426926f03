import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HUGEPAGE_KEYS } from '../../../src/library/formats/hugepage-arguments.ts'
import { shellAssignments, withoutArguments } from '../../../src/library/formats/shell-assignments.ts'
import { fixture } from '../fixture.ts'

const NAMES = ['GRUB_CMDLINE_LINUX', 'GRUB_CMDLINE_LINUX_DEFAULT']
const strip = (text: string) => withoutArguments(text, NAMES, HUGEPAGE_KEYS)

describe('assignments of a shell file', () => {
  it('finds the variables of the file that Debian ships, with their lines', () => {
    const { stdout } = fixture('default-grub-2.06.debian-12')

    const found = shellAssignments(stdout, NAMES).map(({ name, line, raw }) => ({ name, line, raw }))

    expect(found).toEqual([
      { name: 'GRUB_CMDLINE_LINUX_DEFAULT', line: 9, raw: '"quiet"' },
      { name: 'GRUB_CMDLINE_LINUX', line: 10, raw: '""' },
    ])
  })

  it('finds one behind a condition and an export, and none in a comment or inside another value', () => {
    const text = `# GRUB_CMDLINE_LINUX="a"\nX='GRUB_CMDLINE_LINUX=b'\n[ -e /x ] && export GRUB_CMDLINE_LINUX+=" c d"\n`

    expect(shellAssignments(text, NAMES).map(({ line, raw }) => [line, raw])).toEqual([[3, '" c d"']])
  })
})

describe('taking arguments out', () => {
  it.each([
    [
      'in the middle',
      'A="x"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet hugepagesz=2M hugepages=64 splash"\n',
      'A="x"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\n',
    ],
    ['all there is', 'GRUB_CMDLINE_LINUX="hugepages=64"', 'GRUB_CMDLINE_LINUX=""'],
    ['at the front', "GRUB_CMDLINE_LINUX='default-hugepagesz=1G quiet'", "GRUB_CMDLINE_LINUX='quiet'"],
    ['without quotes', 'GRUB_CMDLINE_LINUX=hugepages=64\n', 'GRUB_CMDLINE_LINUX=\n'],
    [
      'over two lines',
      'GRUB_CMDLINE_LINUX="quiet \\\n hugepages=64 \\\n splash"',
      'GRUB_CMDLINE_LINUX="quiet \\\n \\\n splash"',
    ],
    [
      'before a continued line',
      'GRUB_CMDLINE_LINUX="quiet hugepages=64\\\n splash"',
      'GRUB_CMDLINE_LINUX="quiet\\\n splash"',
    ],
    ['with a carriage return', 'GRUB_CMDLINE_LINUX="a hugepages=64"\r\n', 'GRUB_CMDLINE_LINUX="a"\r\n'],
    ['behind an escaped blank', 'GRUB_CMDLINE_LINUX=a\\ hugepages=64\\ b', 'GRUB_CMDLINE_LINUX=a\\ \\ b'],
  ])('%s', (_title, before, after) => {
    expect(strip(before)).toBe(after)
  })

  it('leaves look-alikes and other variables alone', () => {
    const text = 'GRUB_CMDLINE_LINUX="hugepagesize=1 transparent_hugepages=x hugepages"x\nOTHER="hugepages=5"\n'

    expect(strip(text)).toBe(text.replace(' hugepages"', '"'))
  })

  it('keeps every byte of a text that does not name them', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('"', "'", '\\', '$(', '`', '\n', ' ', '#', 'GRUB_CMDLINE_LINUX=', 'quiet', ';'),
        }),
        (text) => {
          expect(strip(text)).toBe(text)
        },
      ),
    )
  })

  it('gives a text that it would not change again', () => {
    const piece = fc.constantFrom('"', "'", ' ', '\n', 'GRUB_CMDLINE_LINUX=', 'hugepages=64', 'hugepagesz=2M', 'quiet')

    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const once = strip(pieces.join(''))

        expect(strip(once)).toBe(once)
      }),
    )
  })
})
