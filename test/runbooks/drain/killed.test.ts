import { describe, expect, it } from 'vitest'
import hugepages from '../../../runbooks/hugepages-1g.ts'
import { fakeClock, fakeTransport, memoryJournal, resumeOn, rollbackOn, runOn } from '../../../src/testing.ts'
import { ControllerDied, type Death, mortalPorts } from '../../crash/mortal.ts'
import { traceOf } from '../facts-of-a-host.ts'
import { drainedHost, MIGRATE } from './drained-host.ts'

const PARAMS = { ...MIGRATE, coldMigration: true }
/** One that leaves alive, one that leaves powered off, one that stays because it is off. */
const makeSite = () =>
  drainedHost({ servers: [{ name: 'web' }, { name: 'db', live: 'refused' }, { name: 'old', status: 'SHUTOFF' }] })

type Site = ReturnType<typeof makeSite>

/** A run whose controller dies there, and what a resume by another makes of it. */
async function killed(site: Site, death: Death) {
  const clock = fakeClock()
  const journal = memoryJournal()
  const { host, cloud } = site
  const ports = { journal, transport: fakeTransport({ hosts: [host], clock }), cloud: cloud.port }
  const died = await runOn(hugepages, PARAMS, [host], { ...mortalPorts(ports, death), clock }).then(
    () => false,
    (error: unknown) => {
      if (error instanceof ControllerDied) return true
      throw error
    },
  )
  return { died, resume: () => resumeOn(hugepages, [host], { journal, clock, cloud: cloud.port }) }
}

const endOf = (site: Site) => ({
  trace: { ...traceOf(site.machine), updateGrub: 1 },
  service: site.serviceNow(),
  servers: [...site.cloud.servers.values()].map(({ name, host, status, task }) => [name, host, status, task]),
  moves: site.cloud.changes.filter((change) => /^(live-migrate|migrate|confirm)/.test(change)).sort(),
})

const rowsOf = async (): Promise<number> => {
  const site = makeSite()
  const { rows } = await site.run(PARAMS)
  return rows.length
}

async function rollbackPlaces(): Promise<readonly Death[]> {
  const site = makeSite()
  const journal = memoryJournal()
  const forward = await site.run(PARAMS, { journal })
  const { rows } = await rollbackOn(hugepages, [site.host], { journal, cloud: site.cloud.port, reboot: true })
  return Array.from(
    { length: rows.length - forward.rows.length },
    (_, at): Death => ({
      after: 'row',
      type: 'any',
      nth: at + 1,
    }),
  )
}

const verbs = ['disable', 'liveMigrate', 'coldMigrate', 'confirmMove', 'enable'] as const
const places: readonly Death[] = [
  // The first row is the run itself: without it there is nothing to resume.
  ...Array.from({ length: (await rowsOf()) - 1 }, (_, at): Death => ({ after: 'row', type: 'any', nth: at + 2 })),
  ...verbs.flatMap((verb): Death[] => [
    { after: 'before-cloud-call', verb },
    { after: 'cloud-call', verb },
  ]),
  ...Array.from({ length: 8 }, (_, at): Death => ({ after: 'cloud-call', verb: 'servers', nth: at + 1 })),
]

const placesBack = await rollbackPlaces()

describe('a drain whose controller is killed', () => {
  it.each(places)('after %o ends as an undisturbed one, and no guest is moved twice', async (death) => {
    const whole = makeSite()
    await whole.run(PARAMS)
    const site = makeSite()
    const { died, resume } = await killed(site, death)

    const { report } = await resume()

    expect(died).toBe(true)
    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect(report.hosts[0]?.notes.map(({ code }) => code)).not.toContain('W_STAYS_DISABLED')
    expect(endOf(site)).toEqual(endOf(whole))
    expect(site.host.owner?.state).toBe('released')
  })

  it.each(places)('after %o never enables what others disabled meanwhile', async (death) => {
    const site = makeSite()
    const { resume } = await killed(site, death)
    const before = site.cloud.services.get('hv-01.example')
    if (before) site.cloud.services.set(before.host, { ...before, status: 'disabled', reason: 'bad disk' })

    await resume()

    expect(site.serviceNow()).toBe('disabled: bad disk')
  })

  it.each(placesBack)('after %o on the way back ends enabled and as first found', async (death) => {
    const site = makeSite()
    const clock = fakeClock()
    const journal = memoryJournal()
    const before = traceOf(site.machine)
    const ports = { journal, transport: fakeTransport({ hosts: [site.host], clock }), cloud: site.cloud.port }
    await runOn(hugepages, PARAMS, [site.host], { ...ports, clock })
    const again = { clock, reboot: true }
    await rollbackOn(hugepages, [site.host], { ...mortalPorts(ports, death), ...again }).catch(() => {})

    const { report } = await rollbackOn(hugepages, [site.host], { ...ports, ...again })

    const { commandLine, mounts, pools, dropIn } = before
    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', debts: [] })
    expect(traceOf(site.machine)).toMatchObject({ commandLine, mounts, pools, dropIn, boots: 2 })
    expect(site.serviceNow()).toBe('enabled')
  })

  it('owes the enabling in the report of the dead run, with the command that pays it by hand', async () => {
    const site = makeSite()
    const journal = memoryJournal()
    const clock = fakeClock()
    const ports = { journal, transport: fakeTransport({ hosts: [site.host], clock }), cloud: site.cloud.port }
    const death: Death = { after: 'cloud-call', verb: 'liveMigrate' }
    await runOn(hugepages, PARAMS, [site.host], { ...mortalPorts(ports, death), clock }).catch(() => {})

    const { makeReport } = await import('../../../src/engine/make-report.ts')
    const report = makeReport(await journal.rows('test'))

    expect(report.hosts[0]).toMatchObject({
      result: 'unfinished',
      debts: ['compute-service-disabled', 'guests-moved-away'],
      dues: { 'compute-service-disabled': expect.stringContaining('service set --enable hv-01.example nova-compute') },
    })
    expect(report.exitCode).toBe(3)
  })
})
