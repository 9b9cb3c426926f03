import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBootEntry, withOptions } from '../../../../src/library/formats/boot/boot-entry.ts'
import { variableWith } from '../../../../src/library/formats/boot/variable-with.ts'
import { placedArguments, putBack, replaceArguments } from '../../../../src/library/formats/kernel-command-line.ts'

const KEYS = ['default_hugepagesz', 'hugepagesz', 'hugepages']
const BLOCK = 'default_hugepagesz=1G hugepagesz=1G hugepages=4'
const NAMES = ['GRUB_CMDLINE_LINUX', 'GRUB_CMDLINE_LINUX_DEFAULT']

const others = fc.constantFrom(
  'quiet',
  'splash',
  'root=/dev/sda1',
  'x-hugepages=3',
  'a.b="c d"',
  'transparent_hugepage=never',
)
const ours = fc.constantFrom('hugepages=64', 'hugepagesz=2M', 'default-hugepagesz=1G', 'hugepages=4')
const words = fc.array(fc.oneof(others, ours), { maxLength: 8 })

const line = fc.tuple(words, fc.array(others, { maxLength: 2 })).map(([own, inits]) => {
  return [...own, ...(inits.length > 0 ? ['--', ...inits] : [])].join(' ')
})

describe('the arguments of a kernel command line', () => {
  it('carry the block once and before what is for init, keep every other word in its place, and are the same when set again', () => {
    fc.assert(
      fc.property(line, (before) => {
        const after = replaceArguments(before, KEYS, BLOCK)

        const without = (text: string) => replaceArguments(text, KEYS, '')
        expect(placedArguments(after, KEYS).map(({ text }) => text)).toEqual(BLOCK.split(' '))
        expect(without(after)).toBe(without(before))
        expect(after.split(' -- ')[0]?.endsWith(BLOCK)).toBe(true)
        expect(replaceArguments(after, KEYS, BLOCK)).toBe(after)
      }),
    )
  })

  it('are the first ones again when they are put back', () => {
    fc.assert(
      fc.property(line, (before) => {
        const placed = placedArguments(before, KEYS)

        expect(putBack(replaceArguments(before, KEYS, BLOCK), KEYS, placed)).toBe(before)
      }),
    )
  })
})

const entryLine = fc.oneof(
  fc.constantFrom('title Debian', 'version 6.1', 'linux /vmlinuz', 'initrd /initrd', '', '# options x', 'optionsx y'),
  fc
    .tuple(
      fc.constantFrom('options ', 'options\t', 'options   '),
      words.map((all) => all.join(' ')),
    )
    .map((all) => all.join('')),
)
const entry = fc
  .tuple(fc.array(entryLine, { maxLength: 8 }), fc.boolean())
  .map(([lines, ended]) => ['linux /vmlinuz', ...lines].join('\n').concat(ended ? '\n' : ''))

describe('a boot entry', () => {
  it('has the options that were set, every other line as it was, and is the same when they are set again', () => {
    fc.assert(
      fc.property(entry, fc.constantFrom(BLOCK, 'quiet', 'a="b c"'), (before, options) => {
        const after = withOptions(before, options)

        const rest = (text: string) => text.split('\n').filter((its) => !/^options[ \t]/.test(its) && its !== '')
        expect(readBootEntry('/x.conf', after)?.options).toBe(options)
        expect(rest(after)).toEqual(rest(before))
        expect(withOptions(after, options)).toBe(after)
      }),
    )
  })
})

const value = fc.tuple(fc.constantFrom('"', "'"), words).map(([quote, all]) => {
  return `${quote}${all.map((word) => word.replaceAll('"', '')).join(' ')}${quote}`
})
const shellLine = fc.oneof(
  fc.constantFrom(
    '# GRUB_CMDLINE_LINUX="hugepages=1"',
    'GRUB_TIMEOUT=5',
    'export OTHER="hugepages=9"',
    '',
    '\tA=b # c',
  ),
  fc.tuple(fc.constantFrom(...NAMES), value).map(([name, its]) => `${name}=${its}`),
  fc.constantFrom('GRUB_CMDLINE_LINUX=quiet', 'GRUB_CMDLINE_LINUX=', 'GRUB_CMDLINE_LINUX_DEFAULT=hugepages=2'),
)
const defaults = fc
  .tuple(fc.array(shellLine, { maxLength: 8 }), fc.boolean())
  .map(([lines, ended]) => lines.join('\n').concat(ended && lines.length > 0 ? '\n' : ''))

describe('/etc/default/grub', () => {
  const wish = { variable: 'GRUB_CMDLINE_LINUX_DEFAULT', names: NAMES, keys: KEYS, block: BLOCK }

  it('keeps every line that assigns neither variable, and is the same when edited again', () => {
    fc.assert(
      fc.property(defaults, (before) => {
        const after = variableWith(before, wish)

        const rest = (text: string) => text.split('\n').filter((its) => !/^GRUB_CMDLINE/.test(its) && its !== '')
        expect(rest(after)).toEqual(rest(before))
        expect(variableWith(after, wish)).toBe(after)
      }),
    )
  })

  it('gives a shell the block once behind the words of others, in their order', () => {
    fc.assert(
      fc.property(fc.array(defaults, { minLength: 10, maxLength: 10 }), (files) => {
        const before = sourced(files)
        const after = sourced(files.map((text) => variableWith(text, wish)))

        expect(after).toEqual(
          before.map(([plain = '', ordinary = '']) => [
            replaceArguments(plain, KEYS, ''),
            replaceArguments(ordinary, KEYS, BLOCK),
          ]),
        )
      }),
      { numRuns: 10 },
    )
  })
})

/** What dash has in both variables after it read each file, one blank between words. */
function sourced(files: readonly string[]): readonly (readonly string[])[] {
  const script = files
    .map((text) => `(\n${text}\nprintf '%s\\0%s\\0' "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"\n)\n`)
    .join('')
  const told = execFileSync('dash', [], { input: script, env: {} }).toString().split('\0').slice(0, -1)
  const plain = told.map((text) =>
    text
      .split(' ')
      .filter((word) => word !== '')
      .join(' '),
  )
  return files.map((_, index) => plain.slice(index * 2, index * 2 + 2))
}
