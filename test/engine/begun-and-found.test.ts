import { describe, expect, it } from 'vitest'
import type { Connection, Transport } from '../../src/engine/ports.ts'
import { blocked, needed, satisfied } from '../../src/model/check.ts'
import { HostUnreachable } from '../../src/model/errors.ts'
import { type ChangeStep, step } from '../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  memoryJournal,
  resumeOn,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../src/testing.ts'
import { ControllerDied, type Death, mortalPorts } from '../crash/mortal.ts'
import { configGenerated, PENDING, serviceOff, toyHost, toyRunbook, WHOLE, wishWritten } from './toy.ts'

/** A file of its own, written like the wish. */
const written = (path: string): ChangeStep<{ before: string }> =>
  step<{ before: string }>({
    id: `written-${path.slice(1)}`,
    async check(host) {
      const { text, fingerprint } = await host.read(path)
      return text === 'new\n' ? satisfied('it is new') : needed('write it', { before: fingerprint })
    },
    apply: (host, { before }) => host.write(path, 'new\n', { replacing: before }),
    rollback: (host, { before }) => host.restore(path, before),
  })

const makeHost = (parts: Parameters<typeof toyHost>[0] = {}) =>
  toyHost({ ...parts, commands: [...(parts.commands ?? []), [...PENDING]] })

/** A run whose controller dies; journal, clock and host to go on with. */
async function died(runbook: ReturnType<typeof toyRunbook>, host: FakeHost, death: Death) {
  const journal = memoryJournal()
  const clock = fakeClock()
  const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
  await expect(runOn(runbook, {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
  return { journal, clock }
}

describe('an intent of which nothing reached the host', () => {
  it('is void: undo goes by what the attempt found that did begin', async () => {
    const host = makeHost({ files: { '/a': 'old\n' } })
    const runbook = toyRunbook([written('/a')])
    const { journal, clock } = await died(runbook, host, { after: 'row', type: 'intent' })
    host.files.set('/a', textFile('changed by a person meanwhile\n'))

    const { rows } = await resumeOn(runbook, [host], { journal, clock })
    await rollbackOn(runbook, [host], { journal, clock })

    expect(rows.flatMap((row) => (row.type === 'void' ? [row.attempt] : []))).toEqual([1])
    expect(textOf(host, '/a')).toBe('changed by a person meanwhile\n')
  })
})

describe('a step that began twice', () => {
  it('is undone by what its first attempt found', async () => {
    const twofold = step<{ before: string }>({
      id: 'twofold',
      async check(host) {
        const [file, config] = [await host.read('/a'), await host.read('/boot/cfg')]
        if (file.text === 'new\n' && config.text === 'new\n') return satisfied('both are new')
        return needed('write and generate', { before: file.fingerprint })
      },
      async apply(host, { before }) {
        await host.write('/a', 'new\n', { replacing: before })
        await host.run`half`
      },
      rollback: (host, { before }) => host.restore('/a', before),
    })
    let fails = true
    const half = (host: FakeHost) => {
      if (!fails) host.files.set('/boot/cfg', textFile('new\n'))
      return { exitCode: fails ? 1 : 0 }
    }
    const host = makeHost({ files: { '/a': 'old\n' }, commands: [['half', half]] })
    const journal = memoryJournal()
    await runOn(toyRunbook([twofold]), {}, [host], { journal })
    fails = false
    await resumeOn(toyRunbook([twofold]), [host], { journal })

    await rollbackOn(toyRunbook([twofold]), [host], { journal })

    expect(textOf(host, '/a')).toBe('old\n')
  })

  it('numbers its changes, so that each has a marker of its own', async () => {
    const two = {
      ...written('/a'),
      apply: async (host: Parameters<ChangeStep['apply']>[0], { before }: { before: string }) => {
        await host.write('/a', 'new\n', { replacing: before })
        await host.write('/b', 'new\n', { replacing: 'absent' })
      },
    }
    const host = makeHost({ files: { '/a': 'old\n' } })

    await runOn(toyRunbook([two]), {}, [host])

    expect(host.markers.map(({ n, state }) => [n, state])).toEqual([
      [1, 'ended'],
      [2, 'ended'],
    ])
  })
})

describe('going back', () => {
  const runbook = toyRunbook([written('/a'), written('/b'), written('/c')])
  const files = { '/a': 'old\n', '/b': 'old\n', '/c': 'old\n' }

  it('undoes the newest first, each once, also when its controller died on the way', async () => {
    const host = makeHost({ files })
    const journal = memoryJournal()
    const clock = fakeClock()
    await runOn(runbook, {}, [host], { journal, clock })
    host.counters.changes.length = 0
    const death = { after: 'row', type: 'outcome', act: 'undo' } as const
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
    await expect(rollbackOn(runbook, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)

    await resumeOn(runbook, [host], { journal, clock })

    expect(host.counters.changes).toEqual(['restore /c', 'restore /b', 'restore /a'])
  })
})

describe('a bracket that is entered again', () => {
  it('is entered with what was found first, never read anew', async () => {
    const host = makeHost({ files: { '/run/service': 'on' } })
    const runbook = toyRunbook([serviceOff([wishWritten, configGenerated])])
    const { journal, clock } = await died(runbook, host, { after: 'row', type: 'outcome', act: 'enter' })

    const { rows } = await resumeOn(runbook, [host], { journal, clock })

    const found = rows.flatMap((row) => (row.type === 'intent' && row.act === 'enter' ? [row.found] : []))
    expect(found).toEqual(['on', 'on'])
  })
})

describe('on resume', () => {
  it('a gate is not asked again once a step behind it has begun: the reboot asks its own', async () => {
    const host = makeHost()
    const runbook = toyRunbook(WHOLE)
    const { journal, clock } = await died(runbook, host, { after: 'row', type: 'outcome', step: 'config-generated' })
    host.files.set('/run/guests', textFile('vm-1'))

    const { report } = await resumeOn(runbook, [host], { journal, clock })

    expect(report.hosts[0]).toMatchObject({ result: 'partial', code: 'E_GUESTS_RUNNING', step: 'wish-booted' })
  })

  it('the next epoch is higher than the journal knows, even where the host has lost its record', async () => {
    const host = makeHost({ files: { '/a': 'old\n' } })
    const runbook = toyRunbook([written('/a')])
    host.owner = {
      state: 'released',
      token: { epoch: 6, run: 'earlier', random: 'x' },
      journal: 'j',
      controller: 'c',
      bootId: '',
      since: 0,
      now: 0,
      lease: 0,
    }
    const { journal, clock } = await died(runbook, host, { after: 'row', type: 'claim' })
    host.owner = null

    const { rows } = await resumeOn(runbook, [host], { journal, clock })

    expect(rows.flatMap((row) => (row.type === 'claim' ? [row.token.epoch] : []))).toEqual([7, 8])
  })
})

describe('a step that is blocked when its turn comes', () => {
  it('stops its host: nothing behind it is applied', async () => {
    let asked = 0
    const fickle = {
      ...written('/a'),
      check: async () => {
        asked += 1
        return asked === 1
          ? needed('write it', { before: 'absent' })
          : blocked({ code: 'E_FICKLE', because: 'not now', remedy: 'Later.' })
      },
    }
    const host = makeHost({ files: { '/b': 'old\n' } })

    const { report } = await runOn(toyRunbook([fickle, written('/b')]), {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'blocked', code: 'E_FICKLE' })
    expect(host.counters.changes).toEqual([])
  })
})

describe('a line that is lost between the failure and the release', () => {
  it('does not make the host try the failed step again', async () => {
    const host = makeHost({ commands: [['generate', { exitCode: 1 }]] })
    const clock = fakeClock()
    const transport = losingOnce(fakeTransport({ hosts: [host], clock }))

    const { report } = await runOn(toyRunbook([wishWritten, configGenerated]), {}, [host], { clock, transport })

    expect(report.hosts[0]).toMatchObject({ result: 'failed', step: 'config-generated' })
    expect(host.counters.changes.filter((change) => change === 'generate')).toHaveLength(1)
    expect(host.owner?.state).toBe('released')
  })
})

/** The first release is lost on the way. */
function losingOnce(transport: Transport): Transport {
  let lost = false
  return {
    async open(host, options) {
      const connection: Connection = await transport.open(host, options)
      const { guard } = connection
      const release: typeof guard.release = async (request) => {
        if (lost) return guard.release(request)
        lost = true
        throw new HostUnreachable('the line was lost', { stage: 'lost', retry: true })
      }
      return { ...connection, guard: { ...guard, release } }
    },
  }
}
