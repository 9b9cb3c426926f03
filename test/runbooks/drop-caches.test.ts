import { describe, expect, it } from 'vitest'
import dropCaches from '../../runbooks/drop-caches.ts'
import { lastDrop, writebackGuests } from '../../src/library/facts/kernel/drop-caches.ts'
import { memoryFigures } from '../../src/library/facts/memory.ts'
import { containerKind } from '../../src/library/facts/system.ts'
import { type FakeHost, fakeHost, memoryJournal, planOn, resumeOn, rollbackOn, runOn } from '../../src/testing.ts'
import { fixture } from '../library/fixture.ts'
import { inShell } from '../library/in-shell.ts'
import { kernelPrograms } from './fake-kernel-files.ts'
import { NOTHING_FOUND, when } from './fake-questions.ts'
import { killedAnywhereEndsTheSame, plansWithoutTouching } from './four-promises.ts'

const CONTROL = '/proc/sys/vm/drop_caches'

interface Options {
  readonly container?: string
  readonly readOnly?: boolean
  readonly meminfo?: string
  readonly guests?: string
  readonly lastDrop?: string
}

interface Machine {
  readonly host: FakeHost
  /** What was written to the control file, in order. */
  readonly dropped: string[]
}

function machine(options: Options = {}): Machine {
  const dropped: string[] = []
  const host = fakeHost({
    commands: [
      ...kernelPrograms(),
      when(containerKind, options.container ?? { exitCode: 1, stdout: 'none\n' }),
      when(memoryFigures, options.meminfo ?? fixture('proc-meminfo-6.1.partial-1g.debian-12').stdout),
      when(writebackGuests, options.guests ?? NOTHING_FOUND),
      when(lastDrop, options.lastDrop ?? ''),
      [
        /drop_caches/,
        (_host, { input }) => {
          for (const [, level = ''] of input.matchAll(/printf '%s\\n' '?(\d)'? >'\/proc\/sys\/vm\/drop_caches'/g)) {
            if (!/^[1-4]$/.test(level)) return { exitCode: 1, stderr: 'sh: 1: printf: I/O error\n' }
            dropped.push(level)
          }
          return 'freed 204800 kB\n'
        },
      ],
      [
        /^printf '%s\\n' 1 >'\/proc\/sys\/vm\/compact_memory'$/,
        () => {
          dropped.push('compact')
          return ''
        },
      ],
    ],
  })
  // Write-only, as the kernel has them; a container sees them read-only.
  for (const path of [CONTROL, '/proc/sys/vm/compact_memory']) {
    host.files.set(path, { bytes: new Uint8Array(), mode: options.readOnly ? '0444' : '0200', owner: '0:0' })
  }
  return { host, dropped }
}

describe('drop-caches', () => {
  const parts = { runbook: dropCaches, params: { compact: true }, machine, state: ({ dropped }: Machine) => dropped }

  plansWithoutTouching(parts)
  killedAnywhereEndsTheSame(parts)

  it('says in its plan that it is imperative, and runs nothing', async () => {
    const { host } = machine()

    const [plan] = await planOn(dropCaches, {}, [host])

    expect(plan?.steps.filter(({ state }) => state === 'needed').map(({ text }) => text)).toEqual([
      'imperative: would run every time: sync, then drop the page cache, directory entries and inodes',
    ])
    expect(host.counters.changes).toEqual([])
  })

  it('drops every time it is run, and says what was freed', async () => {
    const { host, dropped } = machine()

    const first = await runOn(dropCaches, {}, [host], { run: 'first' })
    const second = await runOn(dropCaches, { level: 1, quiet: true }, [host], { run: 'second' })

    expect([first.report.hosts[0]?.result, second.report.hosts[0]?.result, dropped]).toEqual([
      'changed',
      'changed',
      // The kernel takes 1 to 4: silence is asked for by a level of its own.
      ['3', '4', '1'],
    ])
    expect(first.report.hosts[0]?.notes.at(-1)).toMatchObject({ code: 'I_FREED', text: '200 MiB were freed' })
  })

  it('drops once in a run, however often that is resumed', async () => {
    const { host, dropped } = machine()
    const journal = memoryJournal()
    await runOn(dropCaches, {}, [host], { journal })

    await resumeOn(dropCaches, [host], { journal })

    expect(dropped).toEqual(['3'])
  })

  it('has nothing to put back', async () => {
    const { host, dropped } = machine()
    const journal = memoryJournal()
    await runOn(dropCaches, {}, [host], { journal })

    const { report } = await rollbackOn(dropCaches, [host], { journal })

    expect([report.hosts[0]?.result, dropped]).toEqual(['rolled-back', ['3']])
  })

  it('compacts memory afterwards where that is wished', async () => {
    const { host, dropped } = machine()

    await runOn(dropCaches, { compact: true, syncFirst: false }, [host])

    expect(dropped).toEqual(['3', 'compact'])
    expect(host.counters.changes[0]).not.toContain('sync')
  })

  it('takes no level that the kernel does not know, before any host is asked', async () => {
    const { host } = machine()

    await expect(planOn(dropCaches, { level: 9 }, [host])).rejects.toThrow()
  })
})

describe('a host', () => {
  const refusal = async (options: Options, params: object = {}) => {
    const { host } = machine(options)
    const { report } = await runOn(dropCaches, params, [host])
    const { result, code, text } = report.hosts[0] ?? {}
    return { result, code, text, changes: host.counters.changes }
  }

  it('that is a container is refused', async () => {
    expect(await refusal({ container: 'docker\n' })).toMatchObject({ code: 'E_CONTAINER_KERNEL', changes: [] })
  })

  it('whose /proc/sys is read-only is refused', async () => {
    expect(await refusal({ readOnly: true })).toEqual({
      result: 'blocked',
      code: 'E_CONTAINER_KERNEL',
      text: `${CONTROL} on hv-01 cannot be written, as in a container, which shares the kernel of its host: step caches-dropped cannot run here`,
      changes: [],
    })
  })

  it('whose caches were dropped lately is refused where an interval is wished', async () => {
    const lately = { lastDrop: '100.00\n160.50 200.1\n' }

    expect(await refusal(lately, { minInterval: '10m' })).toEqual({
      result: 'blocked',
      code: 'E_TOO_SOON',
      text: 'caches of hv-01 were dropped 1m 01s ago; minInterval is 10m',
      changes: [],
    })
    expect(await refusal(lately, { minInterval: '1m' })).toMatchObject({ result: 'changed' })
    expect(await refusal(lately)).toMatchObject({ result: 'changed' })
  })

  it('is warned about much dirty memory and about guests that are cached here', async () => {
    const meminfo = 'MemTotal: 1000 kB\nDirty: 90 kB\nWriteback: 20 kB\nCached: 500 kB\n'

    const [plan] = await planOn(dropCaches, {}, [machine({ meminfo, guests: '/run/libvirt/qemu/web.xml\n' }).host])

    expect(plan?.steps.flatMap(({ notes }) => notes.map(({ code, text }) => `${code} ${text}`))).toEqual([
      'W_DIRTY 110 KiB of 1000 KiB wait to be written: sync may take long',
      'W_WRITEBACK_GUESTS disks of web are cached here: their reads will be slow for a while',
    ])
  })
})

describe('the command', () => {
  it('writes the level, notes when, and says what was freed, in a real shell', async () => {
    const { host } = machine()
    await runOn(dropCaches, { syncFirst: false }, [host])
    const [command = ''] = host.counters.changes
    const files = {
      '/proc/meminfo': 'Buffers: 10 kB\nCached: 100 kB\nSwapCached: 7 kB\nSReclaimable: 5 kB\n',
      [CONTROL]: '',
      '/proc/uptime': '160.50 200.1\n',
      '/run/runbook-drop-caches': '',
    }

    const answer = inShell(`${command}; cat ${CONTROL} /run/runbook-drop-caches`, ['/proc', '/run'], files)

    expect(answer).toEqual({ exitCode: 0, stdout: 'freed 0 kB\n3\n160.50\n', stderr: '' })
  })

  it('notes a time by which the next run knows how long ago it was', () => {
    const answer = inShell(lastDrop.question.text, ['/proc', '/run'], {
      '/proc/uptime': '160.50 200.1\n',
      '/run/runbook-drop-caches': '100.25\n',
    })

    expect([lastDrop.read(answer), lastDrop.read(inShell(lastDrop.question.text, ['/run'], {}))]).toEqual([60.25, null])
  })
})
