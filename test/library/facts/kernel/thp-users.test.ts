import { describe, expect, it } from 'vitest'
import { databasePrograms, thpProcesses } from '../../../../src/library/facts/kernel/thp-users.ts'
import { inShell } from '../../in-shell.ts'

const asked = (files: Readonly<Record<string, string | null>>) =>
  thpProcesses.read(inShell(thpProcesses.question.text, ['/proc'], files))

describe('processes with transparent huge pages', () => {
  it('are listed largest first, guests by their name, and each once', () => {
    const processes = asked({
      '/proc/149/smaps_rollup': 'Rss: 70000 kB\nAnonHugePages:     63488 kB\n',
      '/proc/149/comm': 'dd\n',
      '/proc/149/cmdline': 'dd\0if=/dev/zero\0',
      '/proc/200/smaps_rollup': 'AnonHugePages:   2097152 kB\n',
      '/proc/200/comm': 'qemu-system-x86\n',
      '/proc/200/cmdline': 'qemu\0-name\0guest=web-1,debug-threads=on\0-m\x004096\0',
      '/proc/201/smaps_rollup': 'AnonHugePages:         0 kB\n',
    })

    expect(processes).toEqual([
      { pid: 200, kibi: 2097152, name: 'qemu-system-x86', guest: 'web-1' },
      { pid: 149, kibi: 63488, name: 'dd', guest: null },
    ])
  })

  it('may vanish while they are asked', () => {
    expect(asked({ '/proc/7': null, '/proc/8/comm': 'gone\n' })).toEqual([])
  })

  it('are none where no process has any, which is no error', () => {
    const answer = inShell(thpProcesses.question.text, ['/proc'], { '/proc/meminfo': '' })

    expect([answer.exitCode, thpProcesses.read(answer)]).toEqual([0, []])
  })

  it('are summed over their mappings on kernels that do not do it themselves', () => {
    const files = {
      '/proc/9/smaps': 'AnonHugePages: 2048 kB\nRss: 1 kB\nAnonHugePages: 4096 kB\n',
      '/proc/9/comm': 'java\n',
    }

    expect(asked(files)).toEqual([{ pid: 9, kibi: 6144, name: 'java', guest: null }])
  })
})

describe('databases', () => {
  it('are known by the names of their programs', () => {
    const names = 'ora_pmon_DB1\njavac\nredis-server\nmongod\nmongod\n'

    expect(databasePrograms.read({ exitCode: 0, stdout: names, stderr: '' })).toEqual(['mongod', 'oracle', 'redis'])
  })
})
