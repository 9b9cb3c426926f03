import { describe, expect, it } from 'vitest'
import { needed, satisfied } from '../../src/model/check.ts'
import { during, gate, step } from '../../src/model/step.ts'
import {
  type FakeProgram,
  fakeClock,
  fakeTransport,
  memoryJournal,
  resumeOn,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../src/testing.ts'
import { mortalPorts } from '../crash/mortal.ts'
import { booted, configGenerated, noGuests, PENDING, serviceOff, toyHost, toyRunbook, wishWritten } from './toy.ts'

const steps = [serviceOff([wishWritten, configGenerated])]
const makeHost = (service = 'on') => toyHost({ files: { '/run/service': service }, commands: [[...PENDING]] })

describe('a bracket', () => {
  it('is entered before and left after the steps inside, with what was found first', async () => {
    const host = makeHost()

    const { report } = await runOn(toyRunbook(steps), {}, [host])

    expect(host.counters.changes).toEqual(['service off', 'write /etc/wish', 'generate', 'service on'])
    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
  })

  it('is never entered on a host with nothing to do inside', async () => {
    const host = makeHost()
    host.files.set('/etc/wish', textFile('new\n'))
    host.files.set('/boot/cfg', textFile('new\n'))

    await runOn(toyRunbook(steps), {}, [host])

    expect(host.counters.changes).toEqual([])
  })

  it('with nothing to do inside does not pass by its gate, which stands before what comes behind the bracket', async () => {
    const arrive = step<null>({
      id: 'guests-arrive',
      check: async (host) => ((await host.look`guests`).stdout === '' ? needed('let them in', null) : satisfied('in')),
      apply: (host) => host.run`arrive`,
    })
    const open = gate({ id: 'open', check: async () => satisfied('it is open') })
    const host = toyHost({
      files: { '/boot/cfg': 'new\n' },
      commands: [['arrive', (it) => `${it.files.set('/run/guests', textFile('one')) ? '' : ''}`]],
    })

    const { report } = await runOn(
      toyRunbook([arrive, serviceOff([open, noGuests, configGenerated]), wishWritten]),
      {},
      [host],
    )

    expect(report.hosts[0]).toMatchObject({ result: 'partial', code: 'E_GUESTS_RUNNING' })
    expect(host.counters.changes).toEqual(['arrive'])
  })

  it('is left when a step inside fails', async () => {
    const host = toyHost({ files: { '/run/service': 'on' }, commands: [[...PENDING], ['generate', { exitCode: 1 }]] })

    const { report } = await runOn(toyRunbook(steps), {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', step: 'config-generated', debts: [] })
    expect(textOf(host, '/run/service')).toBe('on')
  })

  it('whose entering fails is said to have failed, where the runbook sends the host back', async () => {
    const host = toyHost({ files: { '/run/service': 'on' }, commands: [['service off', { exitCode: 1 }]] })
    const first = step<null>({
      id: 'first',
      check: async (it) =>
        (await it.read('/etc/first')).state === 'absent' ? needed('write', null) : satisfied('there'),
      apply: (it) => it.write('/etc/first', 'new', { replacing: 'absent' }),
      rollback: (it) => it.restore('/etc/first', 'absent'),
    })
    const behind = toyRunbook([first, ...steps], { onFailure: 'rollback' })

    const { report } = await runOn(behind, {}, [host])

    expect(report.hosts[0]?.text).toMatch(/^after service-off failed: /)
  })

  it('whose entering fails is left, and then nothing holds the host', async () => {
    const host = toyHost({
      files: { '/run/service': 'on' },
      commands: [[...PENDING], ['service off', { exitCode: 1 }]],
    })

    const { report } = await runOn(toyRunbook(steps), {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', step: 'service-off', debts: [] })
    expect(report.hosts[0]?.owned).toBeUndefined()
    expect(host.owner?.state).toBe('released')
  })

  it('whose leaving fails behind a failure keeps the debt, and the first failure is what is told', async () => {
    const host = toyHost({
      files: { '/run/service': 'on' },
      commands: [[...PENDING], ['generate', { exitCode: 1 }], ['service on', { exitCode: 2 }]],
    })

    const { report } = await runOn(toyRunbook(steps), {}, [host])

    const owned = 'the unpaid leaving of service-off'
    expect(report.hosts[0]).toMatchObject({ step: 'config-generated', debts: ['service-off'], owned })
  })

  it('stays entered after a failure when it keeps, and the debt stands with the host', async () => {
    const host = toyHost({ files: { '/run/service': 'on' }, commands: [[...PENDING], ['generate', { exitCode: 1 }]] })

    const { report } = await runOn(toyRunbook([serviceOff([wishWritten, configGenerated], 'keep')]), {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', debts: ['service-off'] })
    expect(report.hosts[0]?.owned).toContain('service-off')
    expect(textOf(host, '/run/service')).toBe('off')
    expect(host.owner?.state).toBe('owned')
  })

  it('leaves a service off that was off before', async () => {
    const host = makeHost('off')

    await runOn(toyRunbook(steps), {}, [host])

    expect(textOf(host, '/run/service')).toBe('off')
  })

  it('is entered and left around an undo', async () => {
    const host = makeHost()
    const journal = memoryJournal()
    await runOn(toyRunbook(steps), {}, [host], { journal })
    host.counters.changes.length = 0

    const { report } = await rollbackOn(toyRunbook(steps), [host], { journal })

    expect(host.counters.changes).toEqual(['service off', 'restore /etc/wish', 'generate', 'service on'])
    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', debts: [] })
  })

  it('is entered for a reboot in rollback, although that is needed only behind the undo', async () => {
    const host = makeHost()
    const journal = memoryJournal()
    const around = [wishWritten, configGenerated, serviceOff([booted])]
    await runOn(toyRunbook(around), {}, [host], { journal })
    host.counters.changes.length = 0

    const { report } = await rollbackOn(toyRunbook(around), [host], { journal, reboot: true })

    expect(host.counters.changes).toEqual(['service off', 'restore /etc/wish', 'generate', 'service on'])
    expect(host.counters.boots).toBe(2)
    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', debts: [] })
  })

  it('is not entered in rollback for a reboot that nobody allowed', async () => {
    const host = makeHost()
    const journal = memoryJournal()
    const around = [wishWritten, configGenerated, serviceOff([booted])]
    await runOn(toyRunbook(around), {}, [host], { journal })
    host.counters.changes.length = 0

    const { report } = await rollbackOn(toyRunbook(around), [host], { journal })

    expect(host.counters.changes).toEqual(['restore /etc/wish', 'generate'])
    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', code: 'W_REBOOT_PENDING', debts: [] })
  })
})

describe('a bracket in a bracket', () => {
  const lampOn = (inner: Parameters<typeof during>[1]) =>
    during<null>(
      {
        id: 'lamp-on',
        read: async () => null,
        enter: (host) => host.run`lamp on`,
        leave: (host) => host.run`lamp off`,
      },
      inner,
    )
  const makeLitHost = (commands: FakeProgram[] = []) =>
    toyHost({ files: { '/run/service': 'on' }, commands: [[...PENDING], [/^lamp (on|off)$/, ''], ...commands] })

  it('is entered behind the outer one and left before it', async () => {
    const host = makeLitHost()

    const { report } = await runOn(toyRunbook([serviceOff([wishWritten, lampOn([configGenerated])])]), {}, [host])

    expect(host.counters.changes).toEqual([
      'service off',
      'write /etc/wish',
      'lamp on',
      'generate',
      'lamp off',
      'service on',
    ])
    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
  })

  it('is left after a failure although the outer one keeps', async () => {
    const host = makeLitHost([['generate', { exitCode: 1 }]])

    const { report } = await runOn(toyRunbook([serviceOff([wishWritten, lampOn([configGenerated])], 'keep')]), {}, [
      host,
    ])

    expect(host.counters.changes.at(-1)).toBe('lamp off')
    expect(report.hosts[0]).toMatchObject({ result: 'failed', step: 'config-generated', debts: ['service-off'] })
  })

  it('is left before the outer one on the way back too', async () => {
    const host = makeLitHost()
    const journal = memoryJournal()
    const runbook = toyRunbook([serviceOff([lampOn([wishWritten, configGenerated])])])
    await runOn(runbook, {}, [host], { journal })
    host.counters.changes.length = 0

    await rollbackOn(runbook, [host], { journal })

    expect(host.counters.changes).toEqual([
      'service off',
      'lamp on',
      'restore /etc/wish',
      'generate',
      'lamp off',
      'service on',
    ])
  })

  it.each(Array.from({ length: 20 }, (_, row) => row))(
    'killed after row %i, both are left once by one resume',
    async (row) => {
      const host = makeLitHost()
      const clock = fakeClock()
      const journal = memoryJournal()
      const death = { after: 'row', type: 'any', nth: row + 1 } as const
      const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
      const runbook = toyRunbook([serviceOff([wishWritten, lampOn([configGenerated])])])
      await runOn(runbook, {}, [host], { ...ports, clock }).catch(() => {})

      const { report, rows } = await resumeOn(runbook, [host], { journal, clock })

      expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
      expect(host.counters.changes.filter((change) => change === 'generate')).toHaveLength(1)
      expect(host.counters.changes.at(-1)).toBe('service on')
      expect(rows.filter((one) => one.type === 'outcome' && one.result.outcome === 'paid').length).toBeGreaterThan(0)
    },
  )
})

describe('the controller dies inside a bracket', () => {
  it.each(Array.from({ length: 14 }, (_, row) => row))(
    'row %i: the service is on again after one resume, paid once',
    async (row) => {
      const host = makeHost()
      const clock = fakeClock()
      const journal = memoryJournal()
      const death = { after: 'row', type: 'any', nth: row + 1 } as const
      const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
      const runbook = toyRunbook(steps)
      await runOn(runbook, {}, [host], { ...ports, clock }).catch(() => {})

      const { report, rows } = await resumeOn(runbook, [host], { journal, clock })

      expect(textOf(host, '/run/service')).toBe('on')
      expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
      expect(rows.filter((one) => one.type === 'outcome' && one.result.outcome === 'paid')).toHaveLength(1)
      expect(host.owner?.state).toBe('released')
    },
  )
})

describe('two controllers', () => {
  it('the second is refused with owner and run, exit 6', async () => {
    const host = makeHost()
    const clock = fakeClock()
    const first = fakeTransport({ hosts: [host], clock })
    const connection = await first.open({ name: host.name, connection: {} as never }, { deadline: '1s' })
    await connection.guard.claim({
      run: 'other',
      journal: 'j2',
      controller: 'eve@laptop',
      atLeast: 0,
      random: 'r',
      lease: 1,
    })

    const { report } = await runOn(toyRunbook(steps), {}, [host], { clock })

    expect(report.exitCode).toBe(6)
    expect(report.hosts[0]).toMatchObject({ result: 'blocked', code: 'E_LOCKED' })
    expect(report.hosts[0]?.text).toContain('other')
    expect(report.hosts[0]?.text).toContain('eve@laptop')
    expect(host.counters.changes).toEqual([])
  })

  it('a controller that wakes up after a takeover is refused by the host', async () => {
    const host = makeHost()
    const clock = fakeClock()
    const frozen = await fakeTransport({ hosts: [host], clock }).open(
      { name: host.name, connection: {} as never },
      { deadline: '1s' },
    )
    const { token } = await frozen.guard.claim({
      run: 'old',
      journal: 'j1',
      controller: 'a@b',
      atLeast: 0,
      random: 'r',
      lease: 1,
    })
    await frozen.guard.unlock('old')
    await runOn(toyRunbook(steps), {}, [host], { clock })
    host.counters.changes.length = 0

    const late = frozen.guard.change({
      token,
      step: 's',
      act: 'apply',
      attempt: 1,
      n: 1,
      limit: '1s',
      change: { kind: 'command', text: 'generate' },
    })

    await expect(late).rejects.toMatchObject({ code: 'E_LOCKED' })
    expect(host.counters.changes).toEqual([])
  })
})
