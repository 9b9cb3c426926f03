import { describe, expect, it } from 'vitest'

import { warning } from '../../../src/model/note.ts'
import type { HostPlan, PlannedStep } from '../../../src/model/plan.ts'
import { PLAIN_LOOK } from '../../../src/reporter/wording/paint.ts'
import { planText } from '../../../src/reporter/wording/plan-text.ts'

const step = (id: string, parts: Partial<PlannedStep> = {}): PlannedStep => ({
  step: id,
  kind: 'step',
  state: 'satisfied',
  text: 'as wished',
  certainty: 'certain',
  notes: [],
  ...parts,
})

const plan = (host: string, parts: Partial<HostPlan> = {}): HostPlan => ({
  host,
  state: 'ready',
  steps: [],
  hash: host,
  ...parts,
})

const WHOLE: readonly PlannedStep[] = [
  step('memory-can-be-spared', { kind: 'gate' }),
  step('own-kernel', { kind: 'gate', text: 'E_CONTAINER_KERNEL is overridden', overridden: 'E_CONTAINER_KERNEL' }),
  step('kernel-arguments', {
    state: 'needed',
    text: 'write the drop-in',
    notes: [warning('W_DRIFT', 'lost at reboot')],
  }),
  step('boot-config', { certainty: 'as-of-now', text: 'grub.cfg is current' }),
  step('reboot-into', { kind: 'reboot', state: 'needed', text: 'reboot into 80 pages' }),
  step('pages-on-every-node', { state: 'deferred', text: 'the reboot' }),
  step('libvirt-started', { state: 'deferred', text: 'will restart libvirtd.service' }),
]

const text = (plans: readonly HostPlan[], columns = Number.POSITIVE_INFINITY): string =>
  planText({ plans, diffs: [], shownKeys: new Set() }, { ...PLAIN_LOOK, columns }).join('\n')

describe('a plan', () => {
  it('shows each kind of answer by its sign', () => {
    const shown = text([plan('hv-01', { steps: WHOLE })])

    expect(shown).toBe(`\
hv-01: 2 to change, 2 known later, with a reboot
  ✓ memory-can-be-spared
  ! own-kernel           E_CONTAINER_KERNEL is overridden
  ~ kernel-arguments     write the drop-in
      W_DRIFT: lost at reboot
  ≈ boot-config          grub.cfg is current (as of now)
  ↻ reboot-into          reboot into 80 pages
  … pages-on-every-node  known after the reboot
  ↻ libvirt-started      will restart libvirtd.service`)
  })

  it('folds hosts that answer alike, and speaks of none of them by name', () => {
    const steps = (host: string) => [step('tuned', { state: 'needed', text: `tune ${host} to 4` })]

    const shown = text(['hv-01', 'hv-02', 'hv-03'].map((host) => plan(host, { steps: steps(host) })))

    expect(shown).toBe(`\
hv-[01-03] (3 hosts): 1 to change
  ~ tuned  tune the host to 4`)
  })

  it('puts hosts with changes first, then those that are fine, then those that are not ready', () => {
    const blocked = step('guests-away', {
      kind: 'gate',
      state: 'blocked',
      text: '2 guests run',
      code: 'E_GUESTS_RUNNING',
    })

    const shown = text([
      plan('hv-04', { state: 'unreachable', code: 'E_REFUSED', text: 'hv-04: 192.0.2.4:22 refuses', remedy: 'Look.' }),
      plan('hv-03', { state: 'blocked', code: 'E_GUESTS_RUNNING', steps: [{ ...blocked, remedy: 'Migrate them.' }] }),
      plan('hv-02', { state: 'satisfied', steps: [step('tuned')] }),
      plan('hv-01', { steps: [step('tuned', { state: 'needed', text: 'tune' })] }),
    ])

    expect(shown).toBe(`\
hv-01: 1 to change
  ~ tuned  tune

hv-02: nothing to do

hv-03: blocked by E_GUESTS_RUNNING, nothing is changed
  ✗ guests-away  E_GUESTS_RUNNING: 2 guests run
      → Migrate them.

hv-04: gave no answer, E_REFUSED: 192.0.2.4:22 refuses
  → Look.`)
  })

  it('is readable on 40 columns', () => {
    const shown = text([plan('hv-01', { steps: WHOLE.slice(2, 5) })], 40)

    expect(shown).toBe(`\
hv-01: 2 to change, with a reboot
  ~ kernel-arguments
      write the drop-in
      W_DRIFT: lost at reboot
  ≈ boot-config
      grub.cfg is current (as of now)
  ↻ reboot-into
      reboot into 80 pages`)
  })

  it('shows what a change does to a file, its escape sequences inert', () => {
    const plans = [plan('hv-01', { steps: [step('tuned', { state: 'needed', text: 'write /etc/t' })] })]
    const diffs = [{ host: 'hv-01', step: 'tuned', before: 'size = 1\n', after: 'size = 4\n# \u001b[2J\n' }]

    const shown = planText({ plans, diffs, shownKeys: new Set() }, PLAIN_LOOK).join('\n')

    expect(shown).toBe(`\
hv-01: 1 to change
  ~ tuned  write /etc/t
      - size = 1
      + size = 4
      + # ^[[2J`)
  })
})
