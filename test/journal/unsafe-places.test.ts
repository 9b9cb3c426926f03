import { spawnSync } from 'node:child_process'
import { chown } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const plain = { redact: (text: string) => text }
const NOBODY = 65_534

describe('a journal', () => {
  it('that belongs to another user is refused, with what to do', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    await (await openSqliteJournal(path, plain)).close()
    await chown(path, NOBODY, NOBODY)

    const opening = openSqliteJournal(path, plain)

    await expect(opening).rejects.toMatchObject({
      name: 'JournalFailed',
      code: 'E_JOURNAL_OWNER',
      message: `journal ${path}: the file belongs to user ${NOBODY}, and you are user ${process.getuid?.()}`,
      remedy: 'Run as its owner, or set XDG_STATE_HOME to a folder of your own.',
    })
  })

  it.each(['that is there already', 'that is not there yet'])(
    'on a disk that is read-only, %s, is refused, with what to do',
    async (when) => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'journal.db')
      if (when === 'that is there already') await (await openSqliteJournal(path, plain)).close()
      const script = fileURLToPath(new URL('./left-open.ts', import.meta.url))
      const readOnly = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" "$3" "$1/journal.db"'

      const { status, stderr } = spawnSync(
        'unshare',
        ['--mount', '/bin/sh', '-c', readOnly, 'sh', folder.path, process.execPath, script],
        { encoding: 'utf8', timeout: 20_000 },
      )

      expect(stderr).toContain(`journal ${path}: EROFS: read-only file system`)
      expect(stderr).toContain("code: 'E_JOURNAL_READ_ONLY'")
      expect(stderr).toContain('Mount its disk for writing')
      expect(status).toBe(1)
    },
  )
})
