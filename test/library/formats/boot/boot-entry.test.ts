import { describe, expect, it } from 'vitest'
import {
  chosenEntry,
  filledIn,
  isRescue,
  namesVariable,
  readBootEntry,
  withOptions,
} from '../../../../src/library/formats/boot/boot-entry.ts'
import { readGrubbyInfo } from '../../../../src/library/formats/boot/grubby-info.ts'
import { variableWith } from '../../../../src/library/formats/boot/variable-with.ts'
import { placedArguments, putBack, replaceArguments } from '../../../../src/library/formats/kernel-command-line.ts'
import { fixture } from '../../fixture.ts'

const RHEL_8 = fixture('boot-entry-4.18.0-74.el8.rhel-8.0').stdout
const SYSTEMD = fixture('kernel-install-252-add.entry.debian-12').stdout
const KEYS = ['default_hugepagesz', 'hugepagesz', 'hugepages']

describe('a boot entry', () => {
  it('of RHEL 8 takes its options from variables of GRUB', () => {
    const entry = readBootEntry('/boot/loader/entries/a-4.18.0-74.el8.x86_64.conf', RHEL_8)

    expect(entry).toEqual({
      id: 'a-4.18.0-74.el8.x86_64',
      title: 'Red Hat Enterprise Linux (4.18.0-74.el8.x86_64) 8.0 (Ootpa)',
      version: '4.18.0-74.el8.x86_64',
      linux: '/vmlinuz-4.18.0-74.el8.x86_64',
      options: '$kernelopts $tuned_params',
    })
    const variables = new Map([['kernelopts', 'root=/dev/sda1 ro quiet']])
    expect(filledIn(entry?.options ?? '', variables)).toBe('root=/dev/sda1 ro quiet')
  })

  it('keeps every other byte when its options change, columns too', () => {
    expect(withOptions(SYSTEMD, 'a b').split('\n').with(3, '')).toEqual(SYSTEMD.split('\n').with(3, ''))
    expect(withOptions(SYSTEMD, 'a b').split('\n')[3]).toBe('options    a b')
  })

  it('with several lines of options gets one, and one without any gets its first', () => {
    expect(withOptions('linux /x\noptions a\noptions b\ninitrd /y\n', 'c')).toBe('linux /x\noptions c\ninitrd /y\n')
    expect(withOptions('linux /x', 'c')).toBe('linux /x\noptions c\n')
  })

  it('names a variable only by its whole name', () => {
    expect(
      ['$kernelopts x', '${kernelopts}', '$kernelopts_old'].map((text) => namesVariable(text, 'kernelopts')),
    ).toEqual([true, true, false])
  })

  it('that starts no Linux is none', () => {
    expect(readBootEntry('/boot/loader/entries/memtest.conf', 'title Memory test\nefi /memtest.efi\n')).toBeNull()
  })
})

describe('the entry that the next boot takes', () => {
  const entry = (version: string) => ({
    id: `m-${version}`,
    title: `Linux (${version})`,
    version,
    linux: '/x',
    options: '',
  })
  const entries = ['5.14.0-70.13.1.el9', '0-rescue', '5.14.0-427.16.1.el9'].map(entry)
  const chosen = (once: string, lasting: string) => chosenEntry(entries, { once, lasting })?.version

  it.each([
    ['the newest by the value of its numbers, where nobody chose', '', '', '5.14.0-427.16.1.el9'],
    ['the saved one', '', 'm-5.14.0-70.13.1.el9', '5.14.0-70.13.1.el9'],
    ['a saved title', '', 'Linux (5.14.0-70.13.1.el9)', '5.14.0-70.13.1.el9'],
    ['a number, counted from the newest', '', '2', '0-rescue'],
    ['a pattern', '', 'm-*-70*', '5.14.0-70.13.1.el9'],
    ['the one for this boot alone', '0', 'm-0-rescue', '5.14.0-427.16.1.el9'],
    ['the newest where the choice is not there any more', '', 'm-4.18.0', '5.14.0-427.16.1.el9'],
  ])('is %s', (_title, once, lasting, version) => {
    expect(chosen(once, lasting)).toBe(version)
  })

  it('may be a rescue image, which is known by its name', () => {
    expect(entries.filter(isRescue).map(({ version }) => version)).toEqual(['0-rescue'])
  })
})

describe('grubby --info=ALL', () => {
  it.each([
    ['grubby-8.40-info-all.almalinux-9.6', 3, 'ro crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M'],
    ['grubby-8.40-info-all.rhel-8.6', 2, 'ro crashkernel=auto'],
    ['grubby-8.28-info-all.centos-7', 2, 'ro console=tty0'],
  ])('is read as %s prints it', (name, count, start) => {
    const entries = readGrubbyInfo(fixture(name).stdout)

    expect(entries).toHaveLength(count)
    expect(entries[0]?.args.startsWith(start)).toBe(true)
    expect(entries.map(({ index }) => index)).toEqual(entries.map((_, at) => at))
    expect(entries.at(-1)?.kernel).toMatch(/^\/boot\/vmlinuz-0-rescue-\w{32}$/)
  })
})

describe('arguments of some keys', () => {
  const before = 'root=/dev/sda1 hugepagesz=2M hugepages=64 quiet -- single'
  const block = 'hugepagesz=1G hugepages=4'

  it('are replaced by a block in front of what is for init', () => {
    expect(replaceArguments(before, KEYS, block)).toBe('root=/dev/sda1 quiet hugepagesz=1G hugepages=4 -- single')
  })

  it('are put back where they stood', () => {
    const placed = placedArguments(before, KEYS)

    expect(placed).toEqual([
      { at: 1, text: 'hugepagesz=2M' },
      { at: 2, text: 'hugepages=64' },
    ])
    expect(putBack(replaceArguments(before, KEYS, block), KEYS, placed)).toBe(before)
  })
})

describe('a variable of /etc/default/grub', () => {
  const with2M = (text: string) =>
    variableWith(text, { variable: 'A', names: ['A', 'B'], keys: KEYS, block: 'hugepagesz=2M hugepages=8' })

  it.each([
    ['in double quotes', 'A="quiet"\n', 'A="quiet hugepagesz=2M hugepages=8"\n'],
    ['in single quotes', "A='quiet'\n", "A='quiet hugepagesz=2M hugepages=8'\n"],
    ['without quotes', 'A=quiet\n', 'A="quiet hugepagesz=2M hugepages=8"\n'],
    ['without a value', 'A=\n', 'A="hugepagesz=2M hugepages=8"\n'],
    ['empty', 'A=""\n', 'A="hugepagesz=2M hugepages=8"\n'],
    ['that is not there', 'C=1\n', 'C=1\nA="hugepagesz=2M hugepages=8"\n'],
    ['that names them already', 'A="hugepages=3 quiet"\n', 'A="quiet hugepagesz=2M hugepages=8"\n'],
    ['beside another that names them', 'B="hugepages=3"\nA="q"\n', 'B=""\nA="q hugepagesz=2M hugepages=8"\n'],
    ['that is assigned twice', 'A="a"\nA="b"\n', 'A="a"\nA="b hugepagesz=2M hugepages=8"\n'],
  ])('ends with the block: one %s', (_title, text, wish) => {
    expect(with2M(text)).toBe(wish)
    expect(with2M(wish)).toBe(wish)
  })
})
