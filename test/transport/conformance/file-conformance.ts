import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { bytes } from './guard-conformance.ts'
import { type RealSite, useLine } from './real-line.ts'

/** What changing files of a real host promises: bytes, modes, owners and names as they are, and a way back. */
export function fileConformance(given: () => RealSite): void {
  describe('changing files', () => {
    const line = useLine(given)

    test.each([
      ['a script', bytes("#!/bin/sh\nrm -rf /nowhere\nexit 3\n'\n")],
      ['NUL and every other byte', Uint8Array.from({ length: 1_024 }, (_, index) => index % 256)],
      ['a megabyte', bytes("a line, it's long\n".repeat(60_000))],
      ['nothing', new Uint8Array()],
    ])('writes content byte by byte: %s', async (_name, content) => {
      await line.claim()
      const sum = createHash('sha256').update(content).digest('hex')

      await line.change({ kind: 'write', path: line.path, content, replacing: 'absent' })

      expect((await line.site.inside(`sha256sum <${line.path}`)).stdout).toBe(`${sum}  -\n`)
      expect((await line.connection.read(line.path)).fingerprint).toBe(`sha256:${sum}`)
    })

    test('keeps mode, owner and link of a file, and gives a new one the mode asked for', async () => {
      await line.site.inside(
        `echo old >${line.path}; chmod 640 ${line.path}; chown 12:34 ${line.path}; ln -s ${line.path} ${line.path}.link`,
      )
      await line.claim()
      const { fingerprint: replacing } = await line.connection.read(`${line.path}.link`)

      await line.change({ kind: 'write', path: `${line.path}.link`, content: bytes('new\n'), replacing })
      await line.change({
        kind: 'write',
        path: `${line.path}.new`,
        content: bytes('x'),
        replacing: 'absent',
        mode: '0600',
      })

      const { stdout } = await line.site.inside(
        `stat -c '%a %u:%g %F' ${line.path} ${line.path}.link ${line.path}.new; cat ${line.path}`,
      )
      expect(stdout).toBe('640 12:34 regular file\n777 0:0 symbolic link\n600 0:0 regular file\nnew\n')
    })

    test('gives a removed file its mode and owner back', async () => {
      await line.site.inside(`echo old >${line.path}; chmod 640 ${line.path}; chown 12:34 ${line.path}`)
      await line.claim()
      const { fingerprint: before } = await line.connection.read(line.path)
      await line.change({ kind: 'remove', path: line.path, replacing: before })

      await line.change({ kind: 'restore', path: line.path, before })

      expect((await line.site.inside(`stat -c '%a %u:%g' ${line.path}; cat ${line.path}`)).stdout).toBe(
        '640 12:34\nold\n',
      )
    })

    test.each([
      ['restore', async (path: string, before: string) => void (await line.change({ kind: 'restore', path, before }))],
      ['undo.sh', async () => void (await line.site.inside(`sh /var/lib/runbook/runs/${line.run}/undo.sh`))],
    ])('gives files their access lists and extended attributes back: %s', async (_how, goBack) => {
      const paths = ['written', 'removed', 'moved'].map((what) => `${line.path}.${what}`)
      const [written = '', removed = '', moved = ''] = paths
      await line.site.inside(`for file in ${paths.join(' ')}; do echo old >"$file"; ${GIVE_ATTRIBUTES} "$file"; done`)
      await line.claim()
      const { fingerprint: before } = await line.connection.read(written)
      await line.change({ kind: 'write', path: written, content: bytes('new\n'), replacing: before })
      const kept = await line.site.inside(`${TELL_ATTRIBUTES} ${written}`)
      await line.change({ kind: 'remove', path: removed, replacing: before })
      await line.change({ kind: 'keep', path: moved })
      await line.command(`echo new >${moved}.new; mv ${moved}.new ${moved}`)

      for (const path of paths) await goBack(path, before)

      expect(kept.stdout).toBe(ATTRIBUTES)
      const { stdout } = await line.site.inside(`cat ${paths.join(' ')}; ${TELL_ATTRIBUTES} ${paths.join(' ')}`)
      expect(stdout).toBe(`old\nold\nold\n${ATTRIBUTES.repeat(3)}`)
    })

    test('undoes with the tools of busybox alone, and says what those cannot give back', async () => {
      await line.site.inside(`echo old >${line.path}; ${GIVE_ATTRIBUTES} ${line.path}`)
      await line.claim()
      const before = (await line.connection.read(line.path)).fingerprint
      await line.change({ kind: 'write', path: line.path, content: bytes('new\n'), replacing: before })

      const { exitCode, stdout } = await line.site.inside(
        `mkdir /tmp/${line.run}; busybox --install -s /tmp/${line.run}; export PATH=/tmp/${line.run}
        sh /var/lib/runbook/runs/${line.run}/undo.sh; ended=$?; cat ${line.path}; rm -r /tmp/${line.run}; exit $ended`,
      )

      expect(stdout).toBe(
        `without its access list and extended attributes: ${line.path}\nput back: ${line.path}\nold\n`,
      )
      expect(exitCode).toBe(0)
    })

    test('writes to names that are hostile', async () => {
      await line.claim()
      const hostile = `${line.site.folder}/${line.run} it's $(id) \`x\` \\ "*" -n `

      await line.change({ kind: 'write', path: hostile, content: bytes('x'), replacing: 'absent' })

      const { fingerprint } = await line.connection.read(hostile)
      await line.change({ kind: 'write', path: hostile, content: bytes('y'), replacing: fingerprint })
      expect((await line.connection.read(hostile)).text).toBe('y')
      expect(await line.change({ kind: 'restore', path: hostile, before: 'absent' })).toMatchObject({
        kind: 'done',
      })
    })

    test('refuses directories, devices, missing folders and names with line breaks', async () => {
      await line.claim()
      const write = (to: string) => line.change({ kind: 'write', path: to, content: bytes('x'), replacing: 'absent' })

      await expect(write('/etc')).rejects.toMatchObject({ code: 'E_FILE_IS_DIRECTORY' })
      await expect(write('/dev/null')).rejects.toMatchObject({ code: 'E_FILE_SPECIAL' })
      await expect(write('/no/such/folder/file')).rejects.toMatchObject({ code: 'E_NO_DIRECTORY' })
      await expect(write(`${line.path}\nx`)).rejects.toMatchObject({ code: 'E_FILE_PATH' })
      await expect(line.connection.read('/etc')).rejects.toMatchObject({ code: 'E_FILE_IS_DIRECTORY', name: 'Blocked' })
      await expect(line.connection.read('/dev/null')).rejects.toMatchObject({ code: 'E_FILE_SPECIAL' })
    })

    test('does not write through a link that was planted beside the file', async () => {
      await line.site.inside(`ln -s ${line.path}.victim /etc/.runbook-${line.run}; echo dear >${line.path}.victim`)
      await line.claim()

      await line.change({ kind: 'write', path: line.path, content: bytes('new\n'), replacing: 'absent' })

      expect((await line.site.inside(`cat ${line.path} ${line.path}.victim`)).stdout).toBe('new\ndear\n')
    })

    test('undoes everything from a rescue console, newest first', async () => {
      await line.site.put(line.path, 'first\n')
      await line.site.put(`${line.path}.theirs`, 'first\n')
      await line.claim()
      const before = (await line.connection.read(line.path)).fingerprint
      await line.change({ kind: 'write', path: line.path, content: bytes('second\n'), replacing: before })
      await line.change({ kind: 'write', path: `${line.path}.theirs`, content: bytes('mine\n'), replacing: before })
      await line.change({ kind: 'write', path: `${line.path}.new`, content: bytes('x'), replacing: 'absent' })
      await line.change({ kind: 'keep', path: `${line.path}.new` })
      await line.command(`echo rewritten >${line.path}.new`, { rescue: ['touch', `${line.path}.rescued it's`] })
      await line.site.put(`${line.path}.theirs`, 'theirs\n')

      const { exitCode, stdout } = await line.site.inside(`sh /var/lib/runbook/runs/${line.run}/undo.sh`)

      expect(stdout.split('\n')).toEqual([
        `put back: ${line.path}.new`,
        `put back: ${line.path}.new`,
        `left alone: ${line.path}.theirs is neither what step a-step found nor what it left`,
        `put back: ${line.path}`,
        `running: touch '${line.path}.rescued it'\\''s'`,
        '',
      ])
      expect(exitCode).toBe(1)
      expect(
        (await line.site.inside(`cat ${line.path} ${line.path}.theirs; ls ${line.path}.new; ls ${line.path}.rescued*`))
          .stdout,
      ).toBe(`first\ntheirs\n${line.path}.rescued it's\n`)
    })

    test('undoes on a mounted disk without running anything', async () => {
      await line.site.put(line.path, 'first\n')
      await line.claim()
      const before = (await line.connection.read(line.path)).fingerprint
      await line.change(
        { kind: 'write', path: line.path, content: bytes('second\n'), replacing: before },
        { rescue: ['false'] },
      )
      await line.site.inside(
        `mkdir -p /tmp/${line.run}/etc /tmp/${line.run}/runs; cp -a ${line.path} /tmp/${line.run}${line.path}; cp -a /var/lib/runbook/runs/${line.run} /tmp/${line.run}/runs`,
      )

      const { stdout } = await line.site.inside(
        `cd /tmp/${line.run}/runs/${line.run}; sh undo.sh /tmp/${line.run}; cat /tmp/${line.run}${line.path} ${line.path}; rm -rf /tmp/${line.run}`,
      )

      expect(stdout).toBe(`put back: ${line.path}\nnot run, the root is elsewhere: false\nfirst\nsecond\n`)
    })
  })
}

/**
 * Readable for a user of its own beside a group that may not, as `setfacl -m u:12:r,g::-,m::r` leaves it; the kernel's
 * own form is that of linux/posix_acl_xattr.h: a version, then tag, permissions and id of each entry.
 */
const GIVE_ATTRIBUTES = `/usr/bin/python3 -c '
import os, struct, sys
entries = [(1, 6, -1), (2, 4, 12), (4, 0, -1), (16, 4, -1), (32, 0, -1)]
access = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
os.setxattr(sys.argv[1], "system.posix_acl_access", access)
os.setxattr(sys.argv[1], "user.origin", b"by hand")'`

const TELL_ATTRIBUTES = `/usr/bin/python3 -c '
import os, sys
for path in sys.argv[1:]:
    names = sorted(os.listxattr(path))
    print(oct(os.stat(path).st_mode), *[name + "=" + os.getxattr(path, name).hex() for name in names])'`

const ATTRIBUTES = `0o100640 system.posix_acl_access=${[
  '02000000',
  '01000600ffffffff',
  '020004000c000000',
  '04000000ffffffff',
  '10000400ffffffff',
  '20000000ffffffff',
].join('')} user.origin=${Buffer.from('by hand').toString('hex')}\n`
