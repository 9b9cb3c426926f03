import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { makeSet, ownSetName, removeFiles } from '../../src/rehearsal/hosts/host-set.ts'
import { freePorts, VM_PORTS } from '../../src/rehearsal/hosts/ports.ts'
import { accelerator } from '../../src/rehearsal/vm/accelerator.ts'
import { machinesOf, orphanedSets, powerOn, removeMachines, reset } from '../../src/rehearsal/vm/virtual-machine.ts'
import { vmFiles } from '../../src/rehearsal/vm/vm-files.ts'
import { vmImage } from '../../src/rehearsal/vm/vm-image.ts'

const set = ownSetName()
const files = vmFiles(set, 'rb-01')

afterEach(async () => {
  await removeMachines(set)
  await removeFiles(set)
})

/** Starts one; nobody waits until it has booted. */
async function start(): Promise<void> {
  const by = await accelerator()
  const image = await vmImage(by, { say: () => {}, mayInstall: async () => false })
  const [port = 0] = await freePorts(VM_PORTS, 1)
  await makeSet(set)
  await powerOn({ name: 'rb-01', port, files, model: {}, accelerator: by }, image, { keep: false })
}

const running = () =>
  reset(files).then(
    () => true,
    () => false,
  )

describe('a virtual machine', () => {
  it('belongs to the process that started it, and is nobody else\u2019s to clear up while that lives', async () => {
    await start()

    expect(await machinesOf(set)).toMatchObject([{ name: 'rb-01' }])
    expect(await orphanedSets()).not.toContain(set)
    expect(await running()).toBe(true)
  })

  it('of a killed process is found, and ended without complaint by two who find it at the same time', async () => {
    await start()
    const record = JSON.parse(await readFile(files.record, 'utf8'))
    await writeFile(files.record, JSON.stringify({ ...record, owner: '1.1.of-another-boot' }))

    const found = await orphanedSets()
    await Promise.all([removeMachines(set), removeMachines(set)])

    expect(found).toContain(set)
    expect(await running()).toBe(false)
    expect(await machinesOf(set)).toEqual([])
  })
})
