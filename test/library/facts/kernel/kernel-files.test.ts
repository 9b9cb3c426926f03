import { describe, expect, it } from 'vitest'
import { kernelFiles, writableFiles } from '../../../../src/library/facts/kernel/kernel-files.ts'
import { transparentPages } from '../../../../src/library/facts/kernel/transparent-pages.ts'
import { pagePools } from '../../../../src/library/facts/memory.ts'
import { fixture } from '../../fixture.ts'
import { inShell } from '../../in-shell.ts'

describe('kernel files', () => {
  it('are read by path and pattern, without folders and those that are not there', () => {
    const asked = kernelFiles(['/sys/a/*', '/sys/b', '/sys/c[0-9]/x'])
    const files = { '/sys/a/one': '1\n', '/sys/a/two': 'x [y] z\n', '/sys/a/folder': null, '/sys/c7/x': 'seven' }

    const answer = inShell(asked.question.text, ['/sys'], files)

    expect([...asked.read(answer)]).toEqual([
      ['/sys/a/one', '1'],
      ['/sys/a/two', 'x [y] z'],
      ['/sys/c7/x', 'seven'],
    ])
  })

  it('are said to be writable only where a change can write them', () => {
    const asked = writableFiles(['/proc/sys/vm/a', '/proc/sys/vm/b'])

    expect(asked.read(inShell(asked.question.text, ['/proc'], { '/proc/sys/vm/b': '1' }))).toEqual(['/proc/sys/vm/b'])
  })

  it('take no pattern that a shell would read otherwise', () => {
    expect(() => kernelFiles(['/sys/$(reboot)'])).toThrow(TypeError)
    expect(() => kernelFiles(['relative'])).toThrow(TypeError)
  })
})

describe('transparent huge pages', () => {
  it('are a word of those that the kernel offers, and a setting per size on newer kernels', () => {
    const pages = transparentPages.read(fixture('kernel-files-6.18.thp.debian-12'))

    expect(pages).toMatchObject({
      enabled: { active: 'madvise', offered: ['always', 'madvise', 'never'] },
      defrag: { active: 'madvise', offered: ['always', 'defer', 'defer+madvise', 'madvise', 'never'] },
      khugepagedDefrag: '1',
      pageBytes: 2097152,
    })
    expect([...(pages?.perSize.keys() ?? [])]).toEqual([8, 16, 32, 64, 128, 256, 512, 1024, 2048])
  })

  it('are nothing on a kernel without them', () => {
    expect(transparentPages.read({ exitCode: 0, stdout: '', stderr: '' })).toBeNull()
  })
})

describe('page pools', () => {
  it('are asked for without the files that only take writes, and in spite of one that cannot be read', () => {
    const folder = '/sys/kernel/mm/hugepages/hugepages-1048576kB'

    const answer = inShell(pagePools.question.text, ['/sys'], {
      [`${folder}/nr_hugepages`]: '2\n',
      [`${folder}/free_hugepages`]: '1\n',
      // Reading a folder fails as reading these does, also for root.
      [`${folder}/demote`]: null,
      [`${folder}/resv_hugepages`]: null,
    })

    expect([answer.exitCode, answer.stdout]).toEqual([0, expect.not.stringContaining('demote')])
    expect(pagePools.read(answer).get(1024 ** 3)).toMatchObject({ total: 2, free: 1, reserved: 0 })
  })
})
