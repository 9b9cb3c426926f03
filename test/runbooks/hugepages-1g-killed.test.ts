import { describe, expect, it } from 'vitest'
import hugepages from '../../runbooks/hugepages-1g.ts'
import { memoryJournal, resumeOn, rollbackOn, runOn } from '../../src/testing.ts'
import { SMALL, traceOf } from './facts-of-a-host.ts'
import { fakeHypervisor } from './fake-hypervisor.ts'
import { type Death, mortalController, orDied } from './four-promises.ts'

const GRUB = 'GRUB_CMDLINE_LINUX_DEFAULT="quiet hugepagesz=2M hugepages=16"\nGRUB_CMDLINE_LINUX="console=ttyS0"\n'

const machine = () => fakeHypervisor({ files: { '/etc/default/grub': GRUB } })

/** How many rows and moments a whole run has: each is a place to die. */
async function placesToDie(way: 'forward' | 'back'): Promise<readonly Death[]> {
  const one = machine()
  const memory = memoryJournal()
  if (way === 'back') await runOn(hugepages, SMALL, [one.host], { journal: memory })
  const { mortal, counted } = mortalController(one.host, null, memory)
  if (way === 'forward') await runOn(hugepages, SMALL, [one.host], mortal)
  else await rollbackOn(hugepages, [one.host], { ...mortal, reboot: true })
  const places = (count: number, kind: 'row' | 'moment') =>
    Array.from({ length: count }, (_, at) => ({ [kind]: at }) as Death)
  // The first row is the run itself: without it there is nothing to resume.
  return [...places(counted.row, 'row').slice(way === 'forward' ? 1 : 0), ...places(counted.moment, 'moment')]
}

describe('hugepages-1g, killed anywhere', () => {
  it('ends the same after a resume, with one reboot', async () => {
    const whole = machine()
    await runOn(hugepages, SMALL, [whole.host])
    const wanted = { ...traceOf(whole), updateGrub: expect.any(Number), restarts: expect.any(Number) }

    for (const death of await placesToDie('forward')) {
      const one = machine()
      const { mortal, heir } = mortalController(one.host, death)
      const died = await orDied(runOn(hugepages, SMALL, [one.host], mortal))
      const { report } = await resumeOn(hugepages, [one.host], { journal: heir(), clock: mortal.clock })

      expect({ death, died, trace: traceOf(one), result: report.hosts[0]?.result }).toEqual({
        death,
        died: true,
        trace: wanted,
        result: 'changed',
      })
      expect(one.host.pending.get('libvirtd.service')).not.toBe(one.host.units.get('libvirtd.service'))
    }
  })

  it('never runs a command again that had ended', async () => {
    for (const death of await placesToDie('forward')) {
      const one = machine()
      const { mortal, heir } = mortalController(one.host, death)
      await orDied(runOn(hugepages, SMALL, [one.host], mortal))
      await resumeOn(hugepages, [one.host], { journal: heir(), clock: mortal.clock })

      const { updateGrub, restarts } = traceOf(one)
      expect({ death, updateGrub, restarts }).toEqual({ death, updateGrub: 1, restarts: 1 })
    }
  })

  it('goes back to what it was, wherever the way back is cut off', async () => {
    const first = machine()
    const files = first.host.files

    for (const death of await placesToDie('back')) {
      const one = machine()
      const memory = memoryJournal()
      await runOn(hugepages, SMALL, [one.host], { journal: memory })
      const { mortal, heir } = mortalController(one.host, death, memory)
      const died = await orDied(rollbackOn(hugepages, [one.host], { ...mortal, reboot: true }))
      const journal = heir()
      const { report } = await rollbackOn(hugepages, [one.host], { journal, clock: mortal.clock, reboot: true })

      expect({
        death,
        died,
        result: report.hosts[0]?.result,
        files: one.host.files,
        boots: one.host.counters.boots,
      }).toEqual({
        death,
        died: true,
        result: 'rolled-back',
        files,
        boots: 2,
      })
      expect(traceOf(one)).toMatchObject({ mounts: [], pools: ['1G 0 0', '2M 8 8'] })
    }
  })
})
