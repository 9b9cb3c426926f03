import { describe, expect, it } from 'vitest'

import { askConsent, planQuestion } from '../../src/commands/conduct/consent.ts'
import type { Operator } from '../../src/commands/operator.ts'
import type { PlannedHost } from '../../src/engine/make-plan.ts'
import type { HostConnection } from '../../src/model/inventory.ts'
import type { PlannedStep } from '../../src/model/plan.ts'
import type { Rollout } from '../../src/model/runbook.ts'

const step = (parts: Partial<PlannedStep>): PlannedStep => ({
  step: 'tuned',
  kind: 'step',
  state: 'needed',
  text: 'tune',
  certainty: 'certain',
  notes: [],
  ...parts,
})

const hosts = (count: number, parts: Partial<PlannedStep> = {}): readonly PlannedHost[] =>
  Array.from({ length: count }, (_, index) => ({
    host: `hv-${String(index + 1).padStart(2, '0')}`,
    state: 'ready',
    steps: [step(parts)],
    hash: '',
    diffs: [],
  }))

const run = (batches: Rollout['batches']) => ({ hosts: [], rollout: { batches, maxFailed: 0 } })

/** Reached at an address that is its name, through others. */
const connectionOf = (address: string, via: readonly string[]): HostConnection => {
  const line = { port: 22, user: 'ops', identityFiles: [], knownHosts: [], hostKeys: { kind: 'strict' } } as const
  return { address, ...line, become: 'sudo', via: via.map((name) => ({ name, address: name, ...line })) }
}

describe('the question', () => {
  it('names hosts and batches', () => {
    const question = planQuestion(hosts(14, { kind: 'reboot' }), [], run([1, '25%']))

    expect(question).toBe('Reboot 14 hosts in 6 batches?')
  })

  it('names hosts that go last because others are reached through them', () => {
    const ready = hosts(5, { kind: 'reboot' })
    const reached = ready.map(({ host }) => ({
      name: host,
      connection: connectionOf(host, host === 'hv-02' ? [] : ['hv-02']),
    }))

    const question = planQuestion(ready, [], {
      ...run([2]),
      hosts: reached.map((one) => ({ ...one, params: null, overrides: {} })),
    })

    expect(question).toBe('Reboot 5 hosts in 3 batches, hv-02 last since others are reached through it?')
  })

  it('names what is passed and who is left out', () => {
    const ready = hosts(1, { overridden: 'E_GUESTS_RUNNING' })

    const question = planQuestion(ready, hosts(4).slice(1), run(['100%']))

    expect(question).toBe('Change 1 host in 1 batch, past E_GUESTS_RUNNING, and leave out hv-[02-04]?')
  })
})

describe('the answer', () => {
  const asked: string[] = []
  // Nothing else of an operator is used to ask.
  const operator = (answer: string | null) =>
    ({
      ask: async (question: string) => {
        asked.push(question)
        return answer
      },
    }) as unknown as Operator

  it.each([
    ['y', 'yes'],
    [' YES ', 'yes'],
    ['', 'no'],
    ['n', 'no'],
    ['yo', 'no'],
    [null, 'nobody'],
  ] as const)('%j is %s', async (answer, expected) => {
    const consent = await askConsent(operator(answer), 'Change 1 host?', {})

    expect(consent).toBe(expected)
  })

  it('is not asked for with --yes, nor with --no-input', async () => {
    asked.length = 0

    const answers = [
      await askConsent(operator('n'), 'Change 1 host?', { yes: true }),
      await askConsent(operator('y'), 'Change 1 host?', { input: false }),
    ]

    expect(answers).toEqual(['yes', 'nobody'])
    expect(asked).toEqual([])
  })
})
