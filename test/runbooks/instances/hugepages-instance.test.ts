import { describe, expect, it } from 'vitest'
import hugepagesInstance from '../../../runbooks/hugepages-instance.ts'
import { fakeClock, fakeTransport, memoryJournal, planOn, rollbackOn, runOn, textOf } from '../../../src/testing.ts'
import { plansWithoutTouching, rollbackRestores, secondRunChangesNothing } from '../four-promises.ts'
import { guest } from './fake-guest.ts'
import { FakeGuests, type GuestsOptions, PAGES } from './fake-guests.ts'

const A = { instances: ['a'] }
const POOL_FILE = '/etc/tmpfiles.d/runbook-instance-pages.conf'

async function planned(options: GuestsOptions, params: object = A) {
  const [plan] = await planOn(hugepagesInstance, params, [new FakeGuests(options).host])
  return { plan, step: (id: string) => plan?.steps.find((one) => one.step === id) }
}

/** What a plan refuses, by a code that `explain` knows. */
async function refusal(options: GuestsOptions, params: object = A) {
  const one = new FakeGuests(options)
  const [plan] = await planOn(hugepagesInstance, params, [one.host])
  expect([plan?.state, hugepagesInstance.guards[plan?.code ?? ''], one.events]).toEqual([
    'blocked',
    expect.anything(),
    [],
  ])
  return [plan?.code, plan?.text]
}

async function run(options: GuestsOptions, params: object = A) {
  const one = new FakeGuests(options)
  const { report, rows } = await runOn(hugepagesInstance, params, [one.host])
  const codes = rows.flatMap((row) =>
    row.type === 'outcome' && row.result.code ? [`${row.step} ${row.result.code}`] : [],
  )
  return { one, end: report.hosts[0], codes }
}

describe('hugepages-instance', () => {
  const parts = {
    runbook: hugepagesInstance,
    params: A,
    machine: () => new FakeGuests(),
    state: ({ state }: FakeGuests) => state,
  }
  plansWithoutTouching(parts)
  secondRunChangesNothing(parts)
  rollbackRestores(parts)

  it('starts nova-compute after the guest, and takes each step in its order', async () => {
    const { one, end } = await run({})

    expect(end?.result).toBe('changed')
    expect(one.events).toEqual(['stop nova', 'destroy a', 'define a', 'grow 4096', 'start a', 'start nova'])
    expect(one.state).toEqual({
      guests: [{ name: 'a', runs: true, next: PAGES, now: PAGES }],
      pages: 4096,
      nova: true,
      armed: false,
      kept: false,
    })
    expect(textOf(one.host, POOL_FILE)).toContain(
      'w- /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages - - - - 4096\n',
    )
  })

  it('asks for what is missing beside what others have left', async () => {
    const { step } = await planned({ pages: 1024 })

    expect(step('instance-1-pool')?.text).toBe(
      '1024 to 4096 pages of 2M: 4096 are still to be taken (a), 1024 are free',
    )
  })

  it('leaves a guest off that was off', async () => {
    const { one, end } = await run({ guests: [guest('a', { runs: false })] })

    expect([end?.result, one.state.guests[0]]).toEqual(['changed', { name: 'a', runs: false, next: PAGES, now: '' }])
    expect(one.events).toEqual(['stop nova', 'define a', 'grow 4096', 'start nova'])
  })

  it('has pages for every guest that is off, not the same ones twice', async () => {
    const guests = [guest('a', { runs: false }), guest('b', { runs: false, memoryKib: 1048576 })]

    const { one } = await run({ guests }, { instances: ['a', 'b'] })

    expect(one.state.pages).toBe(4096 + 512)
  })

  it('leaves nova-compute as it was found: stopped, or not there', async () => {
    const stopped = await run({ nova: 'inactive' })
    const absent = await run({ nova: 'absent' })

    expect([stopped.end?.result, stopped.one.state.nova, absent.end?.result, absent.one.state.nova]).toEqual([
      'changed',
      false,
      'changed',
      false,
    ])
  })

  it('puts everything back when the kernel gives fewer pages', async () => {
    const { one, end, codes } = await run({ most: 4000 })

    expect([end?.result, codes]).toEqual(['rolled-back', ['instance-1-pool E_PARTIAL']])
    expect(one.state).toEqual(new FakeGuests().state)
    expect(one.events.at(-1)).toBe('start nova')
    expect(one.events.filter((event) => event === 'destroy a')).toHaveLength(1)
  })

  it('puts everything back when the guest does not start, which then runs as before', async () => {
    const { one, end, codes } = await run({ startFails: true })

    expect([end?.result, codes]).toEqual(['rolled-back', ['instance-1-started E_COMMAND_FAILED']])
    expect(one.state).toEqual(new FakeGuests().state)
    expect(one.events.slice(0, 7)).toEqual([
      'stop nova',
      'destroy a',
      'define a',
      'grow 4096',
      'start a',
      'start a',
      'start nova',
    ])
  })

  it('names the size where it is not the default of the host, and writes the file of that size', async () => {
    const { one } = await run({ defaultKib: 1048576 })

    expect(one.state.guests[0]?.next).toBe(
      "<memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking>",
    )
    expect(one.host.counters.changes.find((change) => change.includes('i=0'))).toContain(
      'hugepages-2048kB/nr_hugepages',
    )
    expect(one.host.counters.changes.join()).not.toContain('vm.nr_hugepages')
  })

  it('takes two guests one after the other and counts the pages of the first', async () => {
    const { one } = await run({ guests: [guest('a'), guest('b', { memoryKib: 1048576 })] }, { instances: ['a', 'b'] })

    expect(one.events).toEqual([
      'stop nova',
      ...['destroy a', 'define a', 'grow 4096', 'start a'],
      ...['destroy b', 'define b', 'grow 4608', 'start b'],
      'start nova',
    ])
  })

  it('keeps what else the memory backing says', async () => {
    const memfd = "<memoryBacking><nosharepages/><source type='memfd'/></memoryBacking>"

    const { one } = await run({ guests: [guest('a', { next: memfd, now: memfd })] })

    expect(one.state.guests[0]?.next).toBe(
      "<memoryBacking><hugepages/><nosharepages/><source type='memfd'/></memoryBacking>",
    )
  })

  it('takes a guest down that is defined with the pages and runs without them', async () => {
    const { step } = await planned({ guests: [guest('a', { next: PAGES })] })

    expect([step('instance-1-shut-off')?.state, step('instance-1-defined')?.state]).toEqual(['needed', 'satisfied'])
  })

  it('says that nova makes the description anew, and what lasts', async () => {
    const more = `<metadata><nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'><nova:name>db</nova:name><nova:flavor name='m1.large'/></nova:instance></metadata>`

    const { step } = await planned({ guests: [guest('a', { more })] })

    expect(step('instance-1-defined')?.notes).toMatchObject([
      {
        code: 'W_VOLATILE',
        data: { volatile: true },
        text: expect.stringContaining('openstack flavor set m1.large --property hw:mem_page_size=large'),
      },
      { code: 'W_NOVA_ACCOUNTING' },
    ])
  })

  it('warns of memory that is no multiple of a page, and of devices that are reset', async () => {
    const more = "<devices><hostdev mode='subsystem' type='mdev'/><hostdev mode='subsystem' type='usb'/></devices>"

    const { step } = await planned({ guests: [guest('a', { memoryKib: 8388609, more })] })

    expect(step('instances-can-be-changed')?.notes).toMatchObject([
      { code: 'W_SIZE_MISMATCH', text: expect.stringContaining('2047 KiB stay unused') },
      { code: 'W_GPU_MDEV', text: expect.stringContaining('(mdev)') },
    ])
  })

  it('asks again directly before it takes a guest down', async () => {
    const one = new FakeGuests()
    const info = { Persistent: 'yes' }
    const busy = new FakeGuests({ guests: [guest('a', { info })] })
    const transport = fakeTransport({
      hosts: [busy.host],
      clock: fakeClock(),
      // Behind the stop of nova-compute.
      moment: () => busy.events.includes('stop nova') && Object.assign(info, { Persistent: 'no' }),
    })

    const { report } = await runOn(hugepagesInstance, A, [busy.host], { transport })

    expect(report.hosts[0]?.text).toContain('is transient')
    expect(busy.events).toEqual(['stop nova', 'start nova'])
    expect(busy.state).toEqual(one.state)
  })

  it('goes back by a rollback: first the guest off, at last nova-compute on', async () => {
    const one = new FakeGuests()
    const journal = memoryJournal()
    await runOn(hugepagesInstance, A, [one.host], { journal })
    one.events.length = 0

    await rollbackOn(hugepagesInstance, [one.host], { journal })

    expect(one.events).toEqual(['stop nova', 'destroy a', 'give back 0', 'define a', 'start a', 'start nova'])
  })
})

describe('hugepages-instance refuses', () => {
  it('a guest that libvirt does not know', async () => {
    expect((await refusal({}, { instances: ['x'] }))[0]).toBe('E_DOMAIN_MISSING')
  })

  it.each([
    ['a transient guest', { info: { Persistent: 'no' } }, 'E_DOMAIN_TRANSIENT'],
    ['a guest with a saved state', { info: { 'Managed save': 'yes' } }, 'E_DOMAIN_MANAGEDSAVE'],
    [
      'a guest whose disk is being copied',
      { more: "<devices><disk><mirror type='file'/></disk></devices>" },
      'E_DOMAIN_BLOCKJOB',
    ],
    [
      'a guest whose cells are bound to NUMA nodes',
      {
        more: "<numatune><memory mode='strict' nodeset='0'/><memnode cellid='0' mode='strict' nodeset='0'/></numatune>",
      },
      'E_NUMA_STRICT',
    ],
    [
      'a guest that numad places',
      { more: "<numatune><memory mode='strict' placement='auto'/></numatune>" },
      'E_NUMA_STRICT',
    ],
    ['a guest with encrypted memory', { more: "<launchSecurity type='sev'/>" }, 'E_SEV'],
    [
      'an anonymous source',
      { next: "<memoryBacking><source type='anonymous'/></memoryBacking>" },
      'E_MEMBACKING_CONFLICT',
    ],
    [
      'allocation on demand',
      { next: "<memoryBacking><allocation mode='ondemand'/></memoryBacking>" },
      'E_MEMBACKING_CONFLICT',
    ],
    [
      'pages of another size',
      { next: "<memoryBacking><hugepages><page size='1048576' unit='KiB'/></hugepages></memoryBacking>" },
      'E_MEMBACKING_CONFLICT',
    ],
  ])('%s', async (_what, extra, code) => {
    expect((await refusal({ guests: [guest('a', extra)] }))[0]).toBe(code)
  })

  it('a guest of nova on a host whose nova-compute it does not know', async () => {
    const more = `<metadata><nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'><nova:name>db</nova:name></nova:instance></metadata>`

    expect((await refusal({ nova: 'absent', guests: [guest('a', { more })] }))[0]).toBe('E_SERVICE_MISSING')
  })

  it('the guest from which the host is managed', async () => {
    const more = "<devices><interface type='bridge'><mac address='52:54:00:AB:00:01'/></interface></devices>"

    expect((await refusal({ client: '52:54:00:ab:00:01', guests: [guest('a', { more })] }))[0]).toBe('E_SELF')
    expect((await planned({ client: '52:54:00:ab:00:02', guests: [guest('a', { more })] })).plan?.state).toBe('ready')
  })

  it('a host without the memory, with all numbers', async () => {
    expect(await refusal({ guests: [guest('a', { runs: false })], availableKib: 4194304 })).toEqual([
      'E_CAPACITY',
      'hv-01: 4096 pages of 2M are needed, 0 of 0 are free; 4096 more take 8 GiB; 4 GiB are available, 0 KiB come back from the guests, 2 GiB stay for the host',
    ])
  })

  it('a pool that is too small for the guest', async () => {
    expect((await refusal({}, { ...A, pages: 100 }))[0]).toBe('E_CAPACITY')
  })

  it('a host without a mount of the size, or without pages of 1 GiB', async () => {
    expect((await refusal({ mounted: false }))[0]).toBe('E_NO_HUGETLBFS')
    expect((await refusal({ pdpe1gb: false, pageKib: 1048576 }, { ...A, pageSize: '1G' }))[0]).toBe('E_NO_PDPE1GB')
  })

  it.each(['-a', 'a b', '$(reboot)', ''])('the name "%s" before any host is asked', async (name) => {
    const result = await hugepagesInstance.params['~standard'].validate({ instances: [name] })

    expect(result.issues?.length).toBeGreaterThan(0)
  })
})
