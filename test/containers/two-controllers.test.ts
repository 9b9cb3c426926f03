import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Recorded } from '../../src/model/event.ts'
import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'
import { cleanUp, laptop, oneLine, temporaryFolder } from './command-line.ts'
import { countsOf, stateOf } from './hosts/host-state.ts'

let set: ContainerSet
const hostsLeft: ContainerHost[] = []

beforeAll(async () => {
  set = await upHosts({ count: 4, say: () => {}, mayInstall: async () => true })
  hostsLeft.push(...set.hosts)
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

/** Without the restart of libvirt, whose proof is ten seconds of watching, which no test here is about. */
const hugepages = (host: ContainerHost, pages: number): readonly string[] => [
  ...['run', 'hugepages-1g', '-i', set.inventory, '-l', host.name],
  ...['-e', `count1g=${pages}`, '-e', 'count2m=64', '-e', 'libvirtRestart=false', '--yes'],
]

describe.concurrent('two controllers', () => {
  it('do not share a host: the second says who owns it and how to take it, and goes with exit 6', async () => {
    const host = ownHost()
    const project = await projectOfNotes(host)
    const [mine, other] = await Promise.all([laptop(project), laptop(project)])
    const first = mine.start(...notes('mine'), '-e', 'held=true', '--json')
    const { run } = await first.reaches(intentOf('held'))

    const [second, sameRun] = await Promise.all([other.type(...notes('other')), mine.type('resume', run, '--yes')])
    await host.inside('touch /run/go-on')

    expect(second.exitCode).toBe(6)
    expect(oneLine(second.stdout)).toMatch(
      new RegExp(`blocked +${host.name}: E_LOCKED: ${host.name} is owned by run ${run} of \\S+@\\S+, since \\d+`),
    )
    expect(oneLine(second.stdout)).toContain(`→ Wait for that run, or take the host from it: runbook unlock ${run}`)
    expect(sameRun.exitCode).toBe(6)
    expect(sameRun.stderr).toMatch(new RegExp(`E_RUN_ACTIVE: run ${run} is in the hands of process \\d+ on \\S+\n`))
    expect(sameRun.stderr).toContain(`If it hangs: runbook unlock ${run}`)
    expect((await first.ended).exitCode).toBe(0)
    expect(await textsOf(host)).toBe('20 mine')
  })

  it('where one is frozen and another takes the host over, the frozen one wakes up without harm', async () => {
    const host = ownHost()
    const [mine, other] = await Promise.all([laptop(), laptop()])
    const frozen = mine.start(...hugepages(host, 4), '--json')
    const { run } = await frozen.reaches(intentOf('kernel-arguments'))
    frozen.freeze()

    const refused = await other.type(...hugepages(host, 2))
    const unlocked = await other.type('unlock', run, '-i', set.inventory, '-l', host.name, '--yes')
    const taken = await other.type(...hugepages(host, 2), '--json')
    const [state, counts] = [await stateOf(host), await countsOf(host)]
    frozen.thaw()
    const late = await frozen.ended

    expect([refused.exitCode, unlocked.exitCode, taken.exitCode]).toEqual([6, 0, 0])
    expect(state).toMatchObject({ pools: '2 64', owner: 'released' })
    expect(await countsOf(host)).toEqual(counts)
    expect(await stateOf(host)).toEqual(state)
    expect(late.exitCode).toBe(3)
    expect(late.report?.hosts[0]).toMatchObject({
      result: 'failed',
      code: 'E_LOCKED',
      text: expect.stringContaining(`${host.name} refused a change: this run does not own it any more`),
    })
  })

  it('of one journal: the run is not resumed while its process is frozen, but after unlock, and that process stops', async () => {
    const host = ownHost()
    const mine = await laptop()
    const frozen = mine.start(...hugepages(host, 4), '--json')
    const { run } = await frozen.reaches(intentOf('boot-config'))
    frozen.freeze()

    const refused = await mine.type('resume', run, '--yes')
    const unlocked = await mine.type('unlock', run, '--yes')
    const resumed = await mine.type('resume', run, '--yes', '--json')
    const counts = await countsOf(host)
    frozen.thaw()
    const late = await frozen.ended

    expect([refused.exitCode, unlocked.exitCode, resumed.exitCode]).toEqual([6, 0, 0])
    expect(refused.stderr).toContain('E_RUN_ACTIVE')
    expect(unlocked.stderr).toMatch(/unlocked, epoch \d+/)
    expect(await stateOf(host)).toMatchObject({ pools: '4 64', owner: 'released' })
    expect(counts).toMatchObject({ boots: 2 })
    expect(await countsOf(host)).toEqual(counts)
    expect(late.stderr).toContain('another process goes on with this run; this one stops touching the host')
    // Its report is made of the journal's rows, as that of the process that went on.
    expect([late.exitCode, late.report]).toEqual([0, resumed.report])
  })

  it('where the line of the frozen one is still open, the host itself refuses its late changes', async () => {
    const host = ownHost()
    const project = await projectOfNotes(host)
    const [mine, other] = await Promise.all([laptop(project), laptop(project)])
    const frozen = mine.start(...notes('mine'), '--json')
    const { run } = await frozen.reaches(intentOf('note-03'))
    frozen.freeze()

    const unlocked = await other.type('unlock', run, '-i', 'lab', '--yes')
    const taken = await other.type(...notes('other'), '--json')
    const counts = await countsOf(host)
    frozen.thaw()
    const late = await frozen.ended

    expect([unlocked.exitCode, taken.exitCode]).toEqual([0, 0])
    expect(late.exitCode).toBe(3)
    expect(late.report?.hosts[0]).toMatchObject({ result: 'failed', code: 'E_LOCKED' })
    expect(late.report?.hosts[0]?.text).toContain('its owner is nobody')
    expect(await countsOf(host)).toEqual(counts)
    expect(await textsOf(host)).toBe('20 other')
    const again = await other.type(...notes('again'), '--json')
    expect([again.exitCode, again.report?.hosts[0]?.result]).toEqual([0, 'changed'])
    expect(await textsOf(host)).toBe('20 again')
  })
})

/** Each test has a host of its own. */
function ownHost(): ContainerHost {
  const host = hostsLeft.pop()
  if (!host) throw new Error('there are fewer hosts than tests')
  return host
}

const intentOf = (step: string) => (row: Recorded) => row.type === 'intent' && row.step === step

const notes = (text: string): readonly string[] => ['run', 'notes', '-i', 'lab', '-e', `text=${text}`, '--yes']

/** The texts of the notes on a host, and how many have each. */
const textsOf = async (host: ContainerHost): Promise<string> =>
  (await host.inside('cat /etc/default/note-* | sort | uniq -c')).stdout.trim()

/** A project with one runbook: twenty files, each a step of its own: there is always a change to come. */
async function projectOfNotes(host: ContainerHost): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'runbooks'))
  await mkdir(join(folder, 'inventory'))
  await writeFile(join(folder, 'runbooks/notes.ts'), NOTES)
  const lab = {
    hosts: { [host.name]: { address: '127.0.0.1', port: host.port } },
    groups: { workers: { hosts: [host.name] } },
    connection: { user: 'operator', identity: set.identity, knownHosts: set.knownHosts, become: 'sudo' },
  }
  // JSON is YAML.
  await writeFile(join(folder, 'inventory/lab.yaml'), JSON.stringify(lab))
  return folder
}

const NOTES = `import { defineRunbook, needed, satisfied, step } from 'runbook'
import { z } from 'zod'

const note = (number: string, text: string) => {
  const path = '/etc/default/note-' + number
  return step<{ before: string }>({
    id: 'note-' + number,
    async check(host) {
      const file = await host.read(path)
      return file.text === text + '\\n' ? satisfied('it is written') : needed('write ' + path, { before: file.fingerprint })
    },
    apply: (host, { before }) => host.write(path, text + '\\n', { replacing: before }),
    rollback: (host, { before }) => host.restore(path, before),
  })
}

const held = step<null>({
  id: 'held',
  check: async (host) => ((await host.read('/run/held')).text === '' ? needed('wait', null) : satisfied('let go')),
  apply: (host) => host.run\`until [ -e /run/go-on ]; do sleep 0.2; done; echo yes >/run/held\`,
})

export default defineRunbook({
  name: 'notes',
  summary: 'Twenty files with one text, where asked for not before somebody lets go',
  hosts: 'workers',
  params: z.object({ text: z.string(), held: z.boolean().default(false) }),
  steps: ({ text, held: waits }) => [
    ...(waits ? [held] : []),
    ...Array.from({ length: 20 }, (_, index) => note(String(index + 1).padStart(2, '0'), text)),
  ],
})
`
