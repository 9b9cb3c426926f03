import { describe, expect, test } from 'vitest'
import { verdictText } from '../../src/commands/rehearsal/verdict-text.ts'
import type { Recorded } from '../../src/model/event.ts'
import type { PlannedStep } from '../../src/model/plan.ts'
import { beyondRecord, differences, unlike } from '../../src/rehearsal/verdict/snapshot.ts'
import { judge, type Phase, type RehearsedStep, rehearsedSteps } from '../../src/rehearsal/verdict/verdict.ts'
import { PLAIN_LOOK } from '../../src/reporter/wording/paint.ts'

let seq = 0
const place = () => {
  seq += 1
  return { seq, at: seq * 100, run: 'r1', host: 'rb-01' }
}

function planned(...steps: readonly (Pick<PlannedStep, 'step' | 'kind' | 'state'> & Partial<PlannedStep>)[]): Recorded {
  const whole = steps.map((step): PlannedStep => ({ text: '', certainty: 'certain', notes: [], ...step }))
  return { ...place(), type: 'planned', plan: { host: 'rb-01', state: 'ready', steps: whole, hash: 'h' } }
}

const changed = (step: string, milliseconds: number): Recorded => ({
  ...place(),
  type: 'outcome',
  step,
  act: 'apply',
  attempt: 1,
  milliseconds,
  result: { outcome: 'changed', text: '', notes: [] },
})

const intended = (step: string): Recorded => ({
  ...place(),
  type: 'intent',
  step,
  act: 'apply',
  attempt: 1,
  found: null,
})

const EMULATION = {
  emulated: { 'reboot-into': 'the kernel' },
  real: ['kernel-arguments', 'known-distribution'],
  notHere: {},
  others: 'unknown' as const,
}

describe('the steps of a rehearsal', () => {
  test('are real, emulated, or not exercised, each with its reason', () => {
    const events = [
      planned(
        { step: 'own-kernel', kind: 'gate', state: 'satisfied', overridden: 'E_CONTAINER_KERNEL' },
        { step: 'known-distribution', kind: 'gate', state: 'satisfied' },
        { step: 'kernel-arguments', kind: 'step', state: 'needed' },
        { step: 'no-other-arguments', kind: 'step', state: 'satisfied' },
        { step: 'reboot-into', kind: 'reboot', state: 'needed' },
        { step: 'new-to-us', kind: 'step', state: 'deferred' },
      ),
      intended('kernel-arguments'),
      changed('kernel-arguments', 12),
      intended('reboot-into'),
      changed('reboot-into', 4_000),
    ]

    const steps = rehearsedSteps(events, EMULATION)

    expect(steps).toEqual([
      {
        step: 'own-kernel',
        proof: 'not exercised',
        because: 'E_CONTAINER_KERNEL is overridden here',
        milliseconds: 0,
        watched: 0,
      },
      { step: 'known-distribution', proof: 'real', milliseconds: 0, watched: 0 },
      { step: 'kernel-arguments', proof: 'real', milliseconds: 12, watched: 88 },
      {
        step: 'no-other-arguments',
        proof: 'not exercised',
        because: 'there was nothing to change',
        milliseconds: 0,
        watched: 0,
      },
      { step: 'reboot-into', proof: 'emulated', because: 'the kernel', milliseconds: 4_000, watched: 0 },
      {
        step: 'new-to-us',
        proof: 'emulated',
        because: 'it is not known what its proof rests on here',
        milliseconds: 0,
        watched: 0,
      },
    ])
  })
})

describe('the steps of a rehearsal on a virtual machine', () => {
  const events = [
    planned(
      { step: 'own-kernel', kind: 'gate', state: 'satisfied' },
      { step: 'boot-entries', kind: 'step', state: 'satisfied' },
      { step: 'kernel-arguments', kind: 'step', state: 'satisfied' },
      { step: 'restarted', kind: 'step', state: 'needed' },
    ),
    intended('restarted'),
    changed('restarted', 12),
  ]
  const proofs = (notHere: Readonly<Record<string, string>>) =>
    rehearsedSteps(events, { emulated: { restarted: 'its program' }, real: [], notHere, others: 'real' }).map(
      ({ proof, because }) => [proof, because],
    )

  test('are real where nothing is said, and not here where they have nothing to do on such hosts', () => {
    expect(proofs({ 'boot-entries': 'they are of others' })).toEqual([
      ['real', undefined],
      ['not here', 'they are of others'],
      ['not exercised', 'there was nothing to change'],
      ['emulated', 'its program'],
    ])
  })

  test('that did change something are never called not here', () => {
    expect(proofs({ restarted: 'it never restarts' }).at(-1)).toEqual(['emulated', 'its program'])
  })
})

describe('a verdict', () => {
  const phase = (name: string, passed: boolean): Phase => ({ name, passed, text: '', milliseconds: 1 })
  const step = (proof: RehearsedStep['proof']) => ({ step: proof, proof, milliseconds: 0, watched: 0 })
  const found = { runbook: 'toy', variant: '', files: {}, milliseconds: 2 }

  test('is proved only when every step was real', () => {
    const verdict = judge({ ...found, phases: [phase('run', true)], steps: [step('real'), step('real')] })

    expect(verdict).toMatchObject({ result: 'proved', exitCode: 0, summary: 'proved' })
  })

  test('is proved beside steps that are not for such hosts, but not by these alone', () => {
    const results = [[step('real'), step('not here')], [step('not here')]].map(
      (steps) => judge({ ...found, phases: [phase('run', true)], steps }).result,
    )

    expect(results).toEqual(['proved', 'passed'])
  })

  test('says how many steps were emulated when all that was shown passed', () => {
    const steps = [step('real'), step('emulated'), step('emulated')]
    const verdict = judge({ ...found, phases: [phase('run', true)], steps })

    expect(verdict).toMatchObject({ result: 'passed', exitCode: 0, summary: 'passed, 2 of 3 steps emulated' })
  })

  test('fails with exit 3 and names what failed', () => {
    const phases = [phase('run', true), phase('rollback', false), phase('drill kill', false)]
    const verdict = judge({ ...found, phases, steps: [step('real')] })

    expect(verdict).toMatchObject({ result: 'failed', exitCode: 3, summary: 'failed: rollback, drill kill' })
  })
})

describe('the differences between two snapshots', () => {
  const before = new Map([
    ['/etc/a', 'f 0644 root:root 1111'],
    ['/etc/b', 'f 0644 root:root 2222'],
    ['/etc/c', 'f 0644 root:root 3333'],
  ])
  const after = new Map([
    ['/etc/a', 'f 0600 root:root 1111'],
    ['/etc/c', 'f 0644 root:root 3333'],
    ['/etc/d', 'l 0777 root:root -> /dev/null'],
    ['/var/lib/runbook', 'd 0700 root:root'],
    ['/var/lib/runbook/owner', 'f 0600 root:root 4444'],
  ])

  test('name what was added, changed in content or mode, and removed', () => {
    const found = beyondRecord(differences(before, after))

    expect(found).toEqual([
      { path: '/etc/a', act: 'changed', before: 'f 0644 root:root 1111', after: 'f 0600 root:root 1111' },
      { path: '/etc/b', act: 'removed', before: before.get('/etc/b') },
      { path: '/etc/d', act: 'added', after: 'l 0777 root:root -> /dev/null' },
    ])
  })

  test('of a killed run are held against those of an undisturbed one, both ways', () => {
    const undisturbed = differences(before, after)
    const killed = differences(before, new Map([...after, ['/etc/a', 'f 0644 root:root 9999']]))

    expect(unlike(undisturbed, undisturbed)).toEqual([])
    expect(unlike(undisturbed, killed)).toEqual([
      'missing after the kills: changed /etc/a (f 0600 root:root 1111)',
      'only after the kills: changed /etc/a (f 0644 root:root 9999)',
    ])
  })

  test('of a killed run may have another content where no two runs make the same, but not another mode', () => {
    const undisturbed = differences(before, after)
    const killed = (now: string) => differences(before, new Map([...after, ['/etc/a', now]]))

    expect(unlike(undisturbed, killed('f 0600 root:root 9999'), ['/etc/a'])).toEqual([])
    expect(unlike(undisturbed, killed('f 0644 root:root 9999'), ['/etc/a'])).toHaveLength(2)
  })

  test('are none between equal ones', () => {
    expect(differences(before, new Map(before))).toEqual([])
  })
})

describe('what a rehearsal prints of a host', () => {
  test('has the values of settings before and after, and the names of files', () => {
    const before = new Map([
      ['/etc/a', 'f 0644 root:root 1111'],
      ['pool node0/nr_hugepages', '0'],
    ])
    const after = new Map([
      ['/etc/a', 'f 0644 root:root 2222'],
      ['pool node0/nr_hugepages', '64'],
      ['mount /dev/hugepages1G', 'hugetlbfs rw'],
    ])
    const files = { 'rb-01': differences(before, after), 'rb-02': differences(before, after) }
    const verdict = { runbook: 'toy', variant: '', result: 'proved', exitCode: 0, summary: 'proved' } as const

    const lines = verdictText({ ...verdict, phases: [], steps: [], files, milliseconds: 1 }, PLAIN_LOOK)

    expect(lines).toEqual([
      '',
      '  changed on rb-01, rb-02',
      '    changed  /etc/a',
      '    added    mount /dev/hugepages1G: nothing → hugetlbfs rw',
      '    changed  pool node0/nr_hugepages: 0 → 64',
      '',
      'proved',
    ])
  })
})
