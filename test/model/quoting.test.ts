import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { quote, sh } from '../../src/model/command.ts'
import { frame, makeFrameParser } from '../../src/transport/shell/frame-parser.ts'

const SHELLS: readonly (readonly [name: string, ...words: string[]])[] = [['dash'], ['bash'], ['busybox', 'sh']]
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
const NUL = '\0'

/** Anything that a shell could read as more than a letter, and now and then any character at all. */
const character = fc.oneof(
  fc.constantFrom(...'\'"\\$`!*?[]{}()<>|&;#~=%^ \t\n\r\v\f-ab0äß🐧\u00a0\u2028\u202e\u001b\u0001\u007f'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
)
const word = fc
  .array(character, { maxLength: 25 })
  .map((characters) => characters.join('').replaceAll(NUL, "'"))
  .map((text) => Buffer.from(text).toString())
const words = fc.array(word, { minLength: 1, maxLength: 60 })

/** What the shell makes of a script on stdin, as over SSH. */
function run([shell = '', ...options]: readonly string[], script: string, locale: string, folder = '/'): Buffer {
  return execFileSync(shell, options, { input: script, cwd: folder, env: { PATH, LC_ALL: locale } })
}

const everyShell = (check: (shell: readonly string[], locale: string) => void): void => {
  for (const shell of SHELLS) for (const locale of ['C', 'C.UTF-8']) check(shell, locale)
}

const few = { numRuns: 8 }

describe('a word of any characters', () => {
  test('arrives as an argument as it is, through every shell', () => {
    fc.assert(
      fc.property(words, (given) => {
        const { text } = sh`printf '%s\\0' ${given}`

        everyShell((shell, locale) => {
          expect(run(shell, `${text}\n`, locale).toString().split(NUL)).toEqual([...given, ''])
        })
      }),
      few,
    )
  })

  test('arrives through the framed shell, which quotes it once more', () => {
    const nonce = 'f'.repeat(32)
    fc.assert(
      fc.property(words, (given) => {
        const { text } = sh`printf '%s\\0' ${given}; exit 7`

        everyShell((shell, locale) => {
          const parser = makeFrameParser(nonce, { head: 1_000_000, tail: 0 }, () => true)
          parser.stderr(Buffer.from(`${nonce} end 1 -\n`))
          const events = parser.stdout(run(shell, `exec 2>/dev/null\n${frame(nonce, 1, quote(text))}`, locale))
          const [answer] = events.flatMap((event) => (event.kind === 'ended' ? event.answer : []))
          expect(answer?.exitCode).toBe(7)
          expect(answer?.stdout.head.toString().split(NUL)).toEqual([...given, ''])
        })
      }),
      few,
    )
  })

  test('arrives in the environment of a command as it is', () => {
    fc.assert(
      fc.property(words, (given) => {
        const names = given.map((_, index) => `RUNBOOK_${index}`)
        const assigned = given.map((one, index) => `${names[index]}=${one}`)
        const exported = given.map((one, index) => `export ${names[index]}=${quote(one)}`).join('\n')

        everyShell((shell, locale) => {
          for (const script of [sh`env ${assigned} env -0`.text, `${exported}\nenv -0`]) {
            const heard = run(shell, `${script}\n`, locale).toString().split(NUL)
            expect(heard.filter((line) => line.startsWith('RUNBOOK_')).sort()).toEqual([...assigned].sort())
          }
        })
      }),
      few,
    )
  })

  test('names a file and no other one', () => {
    const name = word
      .map((text) => text.replaceAll('/', '|').slice(0, 40))
      .filter((text) => !['', '.', '..'].includes(text))
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 40 }), (names) => {
        everyShell((shell, locale) => {
          const folder = mkdtempSync(join(tmpdir(), 'runbook-names-'))
          const paths = names.map((one) => `${folder}/${one}`)
          const made = paths.map((path) => sh`true >${path}`.text).join('\n')
          run(shell, `${made}\n`, locale, folder)
          const there = readdirSync(folder)
          run(shell, `${sh`rm -- ${names}`.text}\n`, locale, folder)
          const left = readdirSync(folder)
          rmSync(folder, { recursive: true })
          expect({ there: there.sort(), left }).toEqual({ there: names.toSorted(), left: [] })
        })
      }),
      few,
    )
  })

  test('is refused where it holds a NUL byte, which no process could be given', () => {
    expect(() => sh`echo ${'a\0b'}`).toThrow('a shell word cannot carry a NUL byte: "a\\u0000b"')
    expect(() => sh`echo ${['a', 'b\0']}`).toThrow(TypeError)
  })
})
