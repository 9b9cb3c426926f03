import { describe, expect, test } from 'vitest'
import { quote } from '../../../src/model/command.ts'
import { type RealSite, useLine } from './real-line.ts'

const HOSTILE = [
  "it's",
  '$(id)',
  '`id`',
  '"; id; "',
  'a\nb\n',
  '\\',
  "'\\''",
  '*',
  '-n',
  '%s',
  '~',
  'ä🐧',
  '\t',
  ' ',
  '',
  '!!',
  '#x',
  '&& id',
]

/** What asking a real host promises: many questions at once, none disturbed by another, and no trace. */
export function questionConformance(given: () => RealSite): void {
  describe('asking', () => {
    const line = useLine(given)

    test('leaves nothing on the host when it only asks', async () => {
      await line.site.inside('rm -rf /var/lib/runbook')

      await Promise.all([
        line.look('true'),
        line.connection.read('/etc/passwd'),
        line.connection.guard.inspect(line.run),
      ])

      expect((await line.site.inside('ls -A /var/lib/runbook')).exitCode).not.toBe(0)
    })

    test('answers questions asked together, each with its own streams and code', async () => {
      const codes = Array.from({ length: 30 }, (_, index) => index)

      const answers = await Promise.all(
        codes.map((code) => line.look(`echo out ${code}; echo err ${code} >&2; exit ${code}`)),
      )

      expect(answers).toEqual(
        codes.map((code) => ({ exitCode: code, stdout: `out ${code}\n`, stderr: `err ${code}\n` })),
      )
    })

    test('runs as root with a plain environment', async () => {
      const { stdout } = await line.look('id -u; umask; pwd; echo "$PATH $LC_ALL $LANG"; read -r line || echo no stdin')

      expect(stdout).toBe('0\n0077\n/\n/usr/sbin:/usr/bin:/sbin:/bin C C\nno stdin\n')
    })

    test('hands hostile words to a command as they are', async () => {
      const { stdout } = await line.look(`printf '[%s]\\n' ${HOSTILE.map(quote).join(' ')}`)

      expect(stdout).toBe(HOSTILE.map((word) => `[${word}]\n`).join(''))
    })

    test('is not disturbed by a neighbour with a syntax error, an exit or an exec', async () => {
      const neighbours = [
        'echo "open',
        ') ; }',
        'exit 9',
        'exec true',
        'cd /tmp; umask 0; PATH=/',
        'kill -s TERM 0 & :',
      ]

      const answers = await Promise.all([...neighbours.slice(0, 5), 'pwd; umask'].map(line.look))

      expect(answers.at(-1)?.stdout).toBe('/\n0077\n')
      expect(answers[0]?.exitCode).not.toBe(0)
      expect(answers[2]?.exitCode).toBe(9)
    })

    test('bounds a long question on the host itself, where it would outlive its line', async () => {
      const { stdout } = await line.connection.look('cat /proc/[0-9]*/cmdline | tr "\\0" " "', { limit: '1m' })

      expect(stdout).toContain('timeout -k 2 70 /bin/sh ')
    })

    test('keeps the beginning and the end of a flood', async () => {
      const { stdout } = await line.look('echo begin; yes | head -c 12000000; echo end')

      expect(stdout.length).toBeLessThan(6_000_000)
      expect([stdout.startsWith('begin\n'), stdout.endsWith('end\n'), stdout.includes('bytes left out')]).toEqual([
        true,
        true,
        true,
      ])
    })
  })
}
