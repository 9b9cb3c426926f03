import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { downHosts, findHosts, upHosts } from '../../src/rehearsal/container-hosts.ts'
import { type DockerEngine, dockerEngine } from '../../src/rehearsal/docker-engine.ts'
import { containersOf, removeContainers } from '../../src/rehearsal/hosts/containers.ts'
import { overSsh } from '../../src/rehearsal/hosts/over-ssh.ts'

const consent = { say: () => {}, mayInstall: async () => true }
const kept = `kept-${process.pid}`
const orphaned = `orphaned-${process.pid}`

let engine: DockerEngine

beforeAll(async () => {
  engine = await dockerEngine(consent)
})

afterAll(async () => {
  await downHosts(kept, consent)
  await engine.leave()
})

describe('sets of test hosts', () => {
  test('that are kept are found again by name, with keys that open them', async () => {
    const made = await upHosts({ ...consent, count: 1, set: kept, keep: true })

    const found = await findHosts(kept, consent)

    expect(found.hosts.map(({ name, port }) => ({ name, port }))).toEqual([
      { name: 'rb-01', port: made.hosts[0]?.port },
    ])
    const answer = await overSsh(found, found.hosts[0]!, 'hostname')
    expect(answer.stdout).toBe('rb-01\n')
    expect((await stat(found.identity)).mode & 0o777).toBe(0o600)
  })

  test('are not made twice under one name, and the first stays as it is', async () => {
    const second = upHosts({ ...consent, count: 1, set: kept })

    await expect(second).rejects.toThrow(`test hosts of the set "${kept}" are up already`)
    expect(await containersOf(engine, kept)).toHaveLength(1)
  })

  test('of a killed process are removed when others come up; kept ones and those of the living stay', async () => {
    await killedWithHosts(orphaned)
    expect(await containersOf(engine, orphaned)).toHaveLength(1)

    const mine = await upHosts({ ...consent, count: 1 })

    expect(await containersOf(engine, orphaned)).toEqual([])
    await expect(stat(join(mine.folder, '..', orphaned))).rejects.toThrow('ENOENT')
    expect(await containersOf(engine, kept)).toHaveLength(1)
    expect(await containersOf(engine, mine.set)).toHaveLength(1)
    await mine.down()
    expect(await containersOf(engine, mine.set)).toEqual([])
    await expect(stat(mine.folder)).rejects.toThrow('ENOENT')
  })

  test('of a killed process are removed without complaint by many who find them at the same time', async () => {
    await killedWithHosts(orphaned)
    const places = await containersOf(engine, orphaned)

    const removals = Array.from({ length: 8 }, () => removeContainers(engine, places))

    await expect(Promise.all(removals)).resolves.toHaveLength(8)
    expect(await containersOf(engine, orphaned)).toEqual([])
  })
})

/** Brings hosts up in a process of its own and ends that by kill -9. */
async function killedWithHosts(set: string): Promise<void> {
  const path = join(import.meta.dirname, '../../src/rehearsal/container-hosts.ts')
  const program = [
    `import { upHosts } from ${JSON.stringify(path)}`,
    `await upHosts({ say() {}, mayInstall: async () => true, count: 1, set: ${JSON.stringify(set)} })`,
    `console.log('up'); setInterval(() => {}, 1000)`,
  ].join('\n')
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [up] = await Promise.race([once(child.stdout, 'data'), once(child, 'close')])
  expect(String(up)).toBe('up\n')
  child.kill('SIGKILL')
  await once(child, 'close')
}
