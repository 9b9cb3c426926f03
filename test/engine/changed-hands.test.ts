import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'

import { type FileJournal, openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import { type FakeHost, fakeClock, fakeTransport, resumeOn, rollbackOn, runOn, textOf } from '../../src/testing.ts'
import { ControllerDied, type Death, mortalPorts } from '../crash/mortal.ts'
import { temporaryFolder } from '../journal/temporary-folder.ts'
import { configGenerated, toyHost, toyRunbook, wishWritten } from './toy.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let old: FileJournal
let other: FileJournal
beforeEach(async () => {
  folder = await temporaryFolder()
  const open = (name: string) => openSqliteJournal(join(folder.path, name), { redact: (text) => text })
  ;[old, other] = await Promise.all([open('old.db'), open('other.db')])
  return async () => {
    await Promise.all([old.close(), other.close()])
    await folder[Symbol.asyncDispose]()
  }
})

const runbook = toyRunbook([wishWritten, configGenerated])
const clock = fakeClock()

/** A run whose controller dies, and that then is in the other journal. */
async function handedOver(hosts: readonly FakeHost[], death: Death): Promise<void> {
  const ports = mortalPorts({ journal: old, transport: fakeTransport({ hosts, clock }) }, death)
  await expect(runOn(runbook, {}, hosts, { ...ports, clock })).rejects.toThrow(ControllerDied)
  await other.takeIn(await old.giveOut('test'))
}

const resumed = (hosts: readonly FakeHost[], journal = other) => resumeOn(runbook, hosts, { journal, clock })

async function unlocked(host: FakeHost): Promise<void> {
  const transport = fakeTransport({ hosts: [host], clock })
  const { guard } = await transport.open({ name: host.name, connection: {} as never }, { deadline: '1s' })
  await guard.unlock('test')
}

describe('a run that goes on from another journal', () => {
  it('leaves hosts alone that the old journal still owns, until they are unlocked', async () => {
    const host = toyHost()
    await handedOver([host], { after: 'row', type: 'outcome' })

    const refused = await resumed([host])
    const before = [...host.counters.changes]
    const owner = host.owner
    await unlocked(host)
    const { report } = await resumed([host])

    expect(refused.report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_LOCKED', owned: 'another run' })
    expect(refused.report.hosts[0]?.remedy).toContain('runbook unlock test')
    expect(before).toEqual(['write /etc/wish'])
    expect(owner).toMatchObject({ state: 'owned', journal: old.id })
    expect(report.hosts[0]?.result).toBe('changed')
    expect(host.counters.changes).toEqual(['write /etc/wish', 'generate'])
    expect(host.owner).toMatchObject({ state: 'released', journal: other.id })
    expect(await other.verify('test')).toEqual([])
  })

  it('does not wait for a command that the old one has begun, before the host is its own', async () => {
    const host = toyHost()
    const moment = (name: string) => {
      if (name === 'started') throw new ControllerDied('the controller died here')
    }
    const transport = fakeTransport({ hosts: [host], clock, moment })
    await expect(runOn(runbook, {}, [host], { journal: old, clock, transport })).rejects.toThrow(ControllerDied)
    await other.takeIn(await old.giveOut('test'))

    const { report } = await resumed([host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_LOCKED' })
    expect(host.unfinished).not.toBeNull()
  })

  it('has the host refuse the old one from then on', async () => {
    const host = toyHost()
    await handedOver([host], { after: 'row', type: 'outcome' })
    host.owner = { ...host.owner!, state: 'released' }
    const ports = mortalPorts(
      { journal: other, transport: fakeTransport({ hosts: [host], clock }) },
      { after: 'row', type: 'claim' },
    )
    await expect(resumeOn(runbook, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)

    const { report } = await resumed([host], old)

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_LOCKED' })
    expect(host.counters.changes).toEqual(['write /etc/wish'])
    expect(host.owner).toMatchObject({ state: 'owned', journal: other.id })
  })

  it('begins hosts that were not begun, and can put back what was done from the old one', async () => {
    const [done, waiting] = [toyHost({ name: 'hv-01' }), toyHost({ name: 'hv-02' })]
    await handedOver([done, waiting], { after: 'row', type: 'release' })

    const { report } = await resumed([done, waiting])
    await rollbackOn(runbook, [done, waiting], { journal: other, clock })

    expect(report.hosts.map(({ result }) => result)).toEqual(['changed', 'changed'])
    expect(done.counters.changes).toEqual(['write /etc/wish', 'generate', 'restore /etc/wish', 'generate'])
    expect([done, waiting].map((host) => [textOf(host, '/etc/wish'), host.owner?.state])).toEqual([
      ['old\n', 'released'],
      ['old\n', 'released'],
    ])
  })
})
