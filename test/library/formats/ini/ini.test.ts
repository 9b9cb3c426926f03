import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withOption } from '../../../../src/library/formats/ini/edit-ini.ts'
import {
  allValues,
  configFaults,
  effectiveOption,
  strayOptions,
  withEffectiveOption,
} from '../../../../src/library/formats/ini/effective-options.ts'
import { readIni } from '../../../../src/library/formats/ini/read-ini.ts'
import { fixture } from '../../fixture.ts'

const option = { section: 'libvirt', key: 'images_type' }

interface Case {
  readonly case: string
  readonly files: readonly string[]
  readonly images_type?: string | null
  readonly multi?: readonly string[]
  readonly refusedAtLine?: number | null
}

// The fixture holds what oslo.config 9.0.0 itself said to each of these files.
const cases = JSON.parse(fixture('oslo-config-9.0.0-parse.cases.debian-12').stdout) as readonly Case[]

describe('a configuration', () => {
  it.each(cases.map((one) => [one.case, one] as const))('is read as oslo.config reads it: %s', (_name, one) => {
    const files = one.files.map((text, index) => ({ path: `${index}.conf`, text }))

    const [fault] = configFaults(files)
    const read = {
      images_type: effectiveOption(files, option)?.value ?? null,
      multi: allValues(files, { ...option, key: 'multi' }),
    }

    if (one.refusedAtLine === undefined) expect({ fault, ...read }).toEqual({ fault: undefined, ...pick(one) })
    else expect(fault?.line).toBe(one.refusedAtLine)
  })

  it('names every line that would be refused, not only the first', () => {
    const { faults } = readIni('x\n[a\n[]\n= b\n[libvirt]\n y\nz\n')

    expect(faults.map(({ line, because }) => `${line} ${because}`)).toEqual([
      '1 has neither "=" nor ":", or no key',
      '2 is a section header without an end',
      '3 is a section header without a name',
      '4 has neither "=" nor ":", or no key',
      '6 is a continuation line of nothing',
      '7 has neither "=" nor ":", or no key',
    ])
  })

  it('tells the file and the line that decide', () => {
    const files = [
      { path: '/etc/nova/nova.conf', text: '[libvirt]\nimages_type = qcow2\n' },
      { path: '/etc/nova/nova-compute.conf', text: '[DEFAULT]\n[libvirt]\nvirt_type=kvm\nimages_type=raw\n' },
    ]

    expect(effectiveOption(files, option)).toMatchObject({ path: '/etc/nova/nova-compute.conf', line: 4, value: 'raw' })
  })

  it('shows what looks like the option and has no effect', () => {
    const text = '[DEFAULT]\nimages_type = a\n[libvirt]\nimages-type = b\nimages_type = c\n[other]\nimages_type = d\n'

    const strays = strayOptions([{ path: 'x', text }], option)

    expect(strays.map(({ section, key, line }) => `${line} [${section}] ${key}`)).toEqual([
      '2 [DEFAULT] images_type',
      '4 [libvirt] images-type',
    ])
  })
})

const pick = ({ images_type, multi }: Case) => ({ images_type, multi })

describe('setting an option', () => {
  it.each([
    [
      'changes the last assignment in place',
      '[libvirt]\nimages_type=a # b\n  c\nx = 1\n',
      '[libvirt]\nimages_type=lvm\nx = 1\n',
    ],
    [
      'leaves earlier ones, which have no effect',
      '[libvirt]\nimages_type = a\n[x]\n[libvirt]\nimages_type = b\n',
      '[libvirt]\nimages_type = a\n[x]\n[libvirt]\nimages_type = lvm\n',
    ],
    ['fills an empty one', '[libvirt]\nimages_type =\n', '[libvirt]\nimages_type = lvm\n'],
    [
      'goes below the commented sample',
      '[libvirt]\na = 1\n\n# images_type is good\n#images_type = default\nb = 2\n',
      '[libvirt]\na = 1\n\n# images_type is good\n#images_type = default\nimages_type = lvm\nb = 2\n',
    ],
    [
      'takes no sample of another section',
      '[x]\n#images_type = a\n[libvirt]\n',
      '[x]\n#images_type = a\n[libvirt]\nimages_type = lvm\n',
    ],
    ['goes below the header where there is no sample', '[libvirt]\na = 1\n', '[libvirt]\nimages_type = lvm\na = 1\n'],
    ['finds a header of other case', '[LibVirt]\n', '[LibVirt]\nimages_type = lvm\n'],
    ['adds the section where it is missing', '[DEFAULT]\na = 1', '[DEFAULT]\na = 1\n\n[libvirt]\nimages_type = lvm\n'],
    ['writes the first line of an empty file', '', '[libvirt]\nimages_type = lvm\n'],
    ['keeps the line ends of the file', '[libvirt]\r\na = 1\r\n', '[libvirt]\r\nimages_type = lvm\r\na = 1\r\n'],
    [
      'ends a last line that has no end',
      '[libvirt]\n#images_type = x',
      '[libvirt]\n#images_type = x\nimages_type = lvm',
    ],
  ])('%s', (_title, before, after) => {
    expect(withOption(before, option, 'lvm')).toBe(after)
  })

  it('changes the file that decides, and no other', () => {
    const files = [
      { path: 'nova.conf', text: '[libvirt]\nimages_type = a\n' },
      { path: 'nova-compute.conf', text: '[libvirt]\nimages_type = b\n' },
    ]

    const edited = withEffectiveOption(files, { ...option, value: 'lvm' }, 'nova.conf')

    expect(edited[0]).toBe(files[0])
    expect(edited[1]?.text).toBe('[libvirt]\nimages_type = lvm\n')
  })

  it('refuses a value of several lines', () => {
    expect(() => withOption('', option, 'a\nb')).toThrow(TypeError)
  })
})

const word = fc.stringMatching(/^[a-z_]{1,6}$/)
const ending = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r')
const content = fc.oneof(
  word.map((name) => `[${name}]`),
  fc.constantFrom(
    '[libvirt]',
    '[LIBVIRT]',
    '[DEFAULT]',
    '#images_type = x',
    '; images_type=',
    'images_type=a',
    '',
    '  ',
  ),
  fc
    .tuple(word, fc.constantFrom('=', ' = ', ':', ' :'), fc.string())
    .map((parts) => parts.join('').replace(/[\r\n]/g, '')),
  fc
    .tuple(fc.constantFrom('images_type = ', '#', '  '), fc.string())
    .map((parts) => parts.join('').replace(/[\r\n]/g, '')),
)
const anyText = fc.array(fc.tuple(content, ending), { maxLength: 20 }).chain((lines) =>
  fc.boolean().map((ended) =>
    lines
      .flat()
      .slice(0, ended ? undefined : -1)
      .join(''),
  ),
)
const faultless = anyText.map((text) => `[first]\n${text}`).filter((text) => readIni(text).faults.length === 0)
const value = fc.string().filter((text) => !/[\r\n]/.test(text))

describe('whatever a file holds that a service accepts, setting an option', () => {
  it('gives exactly this value, and setting it again changes nothing', () => {
    fc.assert(
      fc.property(faultless, value, (text, wish) => {
        const edited = withOption(text, option, wish)

        expect(effectiveOption([{ path: '', text: edited }], option)?.value).toBe(wish)
        expect(withOption(edited, option, wish)).toBe(edited)
      }),
    )
  })

  it('keeps every byte beside one line', () => {
    fc.assert(
      fc.property(anyText, value, (text, wish) => {
        const { removed, added } = difference(text, withOption(text, option, wish))
        const old = effectiveOption([{ path: '', text }], option)

        expect(text.slice(old?.start ?? 0, old?.end ?? 0)).toContain(removed)
        if (old) expect(added).not.toMatch(/[\r\n]/)
      }),
    )
  })

  it('changes no other option and breaks nothing', () => {
    fc.assert(
      fc.property(faultless, value, (text, wish) => {
        const edited = withOption(text, option, wish)
        const decides = effectiveOption([{ path: '', text }], option)
        const others = (whole: string, without: number | undefined) =>
          readIni(whole).assignments.flatMap(({ section, key, value: its }, at) =>
            at === without ? [] : [[section, key, its]],
          )
        const before = readIni(text).assignments.findIndex(({ start }) => start === decides?.start)
        const after = readIni(edited).assignments
        const ours = effectiveOption([{ path: '', text: edited }], option)

        expect(readIni(edited).faults).toEqual([])
        expect(
          others(
            edited,
            after.findIndex(({ start }) => start === ours?.start),
          ),
        ).toEqual(others(text, before))
      }),
    )
  })
})

/** What is between the equal beginnings and the equal ends of two texts. */
function difference(before: string, after: string): { removed: string; added: string } {
  const most = Math.min(before.length, after.length)
  let head = 0
  while (head < most && before[head] === after[head]) head += 1
  let tail = 0
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
  return { removed: before.slice(head, before.length - tail), added: after.slice(head, after.length - tail) }
}
