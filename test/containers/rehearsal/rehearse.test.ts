import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readRehearsals } from '../../../src/rehearsal/read-rehearsal.ts'
import { type RehearsalRequest, rehearse } from '../../../src/rehearsal/rehearse.ts'
import type { Verdict } from '../../../src/rehearsal/verdict/verdict.ts'

const project = join(import.meta.dirname, '../../..')
const MAIN = [process.execPath, join(project, 'src/main.ts')]
const SEED = Number(process.env.RUNBOOK_TEST_SEED ?? Math.floor(Math.random() * 1e6))

const [hugepages] = await readRehearsals(
  join(project, 'runbooks/hugepages-1g.rehearsal.yaml'),
  'hugepages-1g',
  'containers',
)
const [plain] = await readRehearsals('/nowhere.rehearsal.yaml', 'nowhere', 'containers')
if (!plain) throw new TypeError('without a file there are defaults')

const request = {
  cli: MAIN,
  rehearsal: plain,
  hosts: 1,
  drills: ['kill'],
  params: [],
  seed: SEED,
  signal: new AbortController().signal,
  say: () => {},
  hear: () => {},
  mayInstall: async () => true,
} satisfies Omit<RehearsalRequest, 'runbook'>

const toy = (name: string) => join(import.meta.dirname, 'toys', `${name}.ts`)

/** What was said of each act, by its name. */
const textsOf = ({ phases }: Verdict) =>
  Object.fromEntries(phases.filter(({ name }) => !/^(set-up|time)$/.test(name)).map(({ name, text }) => [name, text]))

const failed = ({ phases }: Verdict) => phases.filter(({ passed }) => !passed).map(({ name }) => name)

describe(`a rehearsal (seed ${SEED})`, () => {
  test('of hugepages-1g passes a controller that dies during the reboot, and says what a container cannot prove', async () => {
    const verdict = await rehearse({
      ...request,
      runbook: 'hugepages-1g',
      rehearsal: hugepages!,
      params: ['count1g=4', 'count2m=64'],
      drills: ['reboot'],
    })

    expect(verdict.phases.filter((phase) => !phase.passed)).toEqual([])
    expect(verdict.summary).toMatch(/^passed, \d+ of \d+ steps emulated, \d+ not exercised$/)
    const proofs = new Map(verdict.steps.map(({ step, proof }) => [step, proof]))
    expect(['boot-config', 'mounted-1g', 'reboot-into', 'own-kernel'].map((step) => proofs.get(step))).toEqual([
      'real',
      'real',
      'emulated',
      'not exercised',
    ])
    expect(textsOf(verdict)).toMatchObject({
      restarts: '1 on each host, by its own count and as the run says',
      'drill reboot': 'killed while the host was away; it counted 1 in all',
    })
    expect(verdict.files['rb-01']?.filter(({ path }) => /^\//.test(path))).toMatchObject([
      { path: '/boot/grub/grub.cfg', act: 'changed' },
      { path: '/etc/default/grub.d/99-runbook-hugepages.cfg', act: 'added' },
      { path: '/etc/systemd/system/dev-hugepages1G.mount', act: 'added' },
      { path: '/etc/systemd/system/dev-hugepages2M.mount', act: 'added' },
      { path: '/etc/systemd/system/sysinit.target.wants/dev-hugepages1G.mount', act: 'added' },
      { path: '/etc/systemd/system/sysinit.target.wants/dev-hugepages2M.mount', act: 'added' },
    ])
  })

  test('does imperative steps again, names what is kept, and finds them done once after the kills', async () => {
    const verdict = await rehearse({ ...request, runbook: toy('imperative') })

    expect(textsOf(verdict)).toEqual({
      'plan leaves no trace': 'the plan changed no file and nothing that runs',
      run: '1 of 1 hosts changed',
      restarts: 'none, by the hosts’ own count',
      'run again': 'line-added again, as imperative steps are, and nothing else',
      rollback: 'files and what runs as first found; kept, as the steps say: file-kept, line-added',
      'drill kill': expect.stringMatching(new RegExp(`^seed ${SEED}: [1-4] kills? \\(.*\\).*; same end$`)),
    })
    expect(failed(verdict)).toEqual([])
  })

  test('fails and names each promise that a bad command line breaks', async () => {
    const cli = [process.execPath, join(import.meta.dirname, 'mischief.ts')]
    const verdict = await rehearse({ ...request, runbook: 'mischief', drills: [], cli })

    expect(verdict).toMatchObject({ result: 'failed', exitCode: 3 })
    expect(textsOf(verdict)).toEqual({
      'plan leaves no trace': 'rb-01: the plan added /var/tmp/left-by-the-plan (written (A))',
      run: 'run printed a line that is no JSON: a line that is no JSON',
      restarts: 'rb-01 counted 0 restarts, not 1',
      'run again': expect.stringMatching(
        /^the second run printed a line that is no JSON: .*\nrb-01 did the-file again\nrb-01 did the-boot again$/,
      ),
      rollback: expect.stringMatching(
        /rb-01 is changed after the rollback(.|\n)*added \/etc\/changed-by-every-run(.|\n)*rb-01 counted 0 restarts, not 2/,
      ),
    })
  })
})
