import { describe, expect, test } from 'vitest'
import { type RealSite, useLine } from './real-line.ts'

/** What reading files of a real host promises where many are asked for at once. */
export function readingConformance(given: () => RealSite): void {
  describe('reading files together', () => {
    const line = useLine(given)

    test('gives each as it is read alone, whatever stands beside it', async () => {
      const { path } = line
      const names = ['text', 'empty', 'nul', 'link', 'over/text', 'no\nname', " '$(id)", 'missing', 'gone']
      const paths = [
        ...names.map((name) => `${path}.d/${name}`),
        '/etc',
        '/dev/null',
        '/proc/version',
        '/etc/../etc/passwd',
      ]
      await line.site.inside(`mkdir -p ${path}.d/folder; cd ${path}.d; ln -s folder over; echo one >text; chmod 640 text
        chown 12:34 text; : >empty; printf 'a\\0b\\n' >nul; ln -s text link; printf two >folder/text; ln -s nowhere gone
        printf three >'no
name'; printf four >" '\\$(id)"`)
      const read = (one: string) => line.connection.read(one).catch((error: Error) => error.message)
      const alone: unknown[] = []
      for (const one of paths) alone.push(await read(one))

      const together = await Promise.all(paths.map(read))

      expect(together).toEqual(alone)
      expect(together.map((file) => (typeof file === 'string' ? 'refused' : file.text.slice(0, 5)))).toEqual([
        'one\n',
        '',
        'a\0b\n',
        'one\n',
        'two',
        'three',
        'four',
        '',
        '',
        'refused',
        'refused',
        'Linux',
        'root:',
      ])
    })

    test('reads apart what changes while it is read', async () => {
      const { path } = line
      await line.site.inside(`for n in 1 2 3; do head -c 300000 /dev/zero >${path}.$n; done
        (for i in $(seq 200); do echo x >>${path}.2; done) </dev/null >/dev/null 2>&1 &`)

      const files = await Promise.all([1, 2, 3].map((n) => line.connection.read(`${path}.${n}`)))

      expect([files[0]?.text, files[2]?.text].map((text) => text?.length)).toEqual([300_000, 300_000])
      expect(files[1]?.text).toMatch(/^\0{300000}(x\n)*$/)
    })
  })
}
