import { describe, expect, it } from 'vitest'
import hugepages from '../../../runbooks/hugepages-1g.ts'
import { memoryJournal, rollbackOn, runOn, textFile, textOf } from '../../../src/testing.ts'
import { BLOCK, GIB, planText, refusal, SMALL } from '../facts-of-a-host.ts'
import type { FakeHypervisor } from '../fake-hypervisor.ts'
import { keepsTheFourPromises, killedAnywhereEndsTheSame, rollbackRestores } from '../four-promises.ts'
import { fakeRhel } from './fake-rhel.ts'

const ID = 'f'.repeat(32)
const ENTRIES = '/boot/loader/entries'
const NEWEST = `${ENTRIES}/${ID}-5.14.0-427.16.1.el9_4.x86_64.conf`
const OLDER = `${ENTRIES}/${ID}-5.14.0-362.24.1.el9_3.x86_64.conf`
const RESCUE = `${ENTRIES}/${ID}-0-rescue.conf`

const state = ({ memory, state: { commandLine, mounts } }: FakeHypervisor) => ({
  commandLine,
  pools: [memory.pool(GIB), memory.pool(2 * 1024 ** 2)],
  mounts,
})

describe('a host of RHEL 9', () => {
  it('is told everything that will happen', async () => {
    const plan = await planText(fakeRhel())

    expect(plan?.slice(4, 14)).toEqual([
      'satisfied tuned-leaves-arguments-alone: no profile of tuned names these arguments',
      'satisfied boot-loader-can-be-edited: GRUB with boot loader entries is there and takes the arguments',
      'satisfied boot-files-are-unmanaged: no other tool owns a file that is edited',
      'satisfied qemu-allows-the-mounts: qemu.conf leaves it to libvirt to find the mounts',
      'satisfied nova-is-left-alone: nova is told nothing',
      'satisfied no-other-arguments: no other file names default_hugepagesz, hugepagesz, hugepages',
      'needed kernel-arguments: write /etc/default/grub',
      'needed boot-entries: grubby, for the default entry "Rocky Linux (5.14.0-427.16.1.el9_4.x86_64) 9.4 (Blue Onyx)" lacks the arguments; 2 normal entries do not carry them exactly once',
      'satisfied boot-config: nothing is generated: GRUB with boot loader entries reads what was edited',
      `needed reboot-into: reboot into ${BLOCK}`,
    ])
  })

  keepsTheFourPromises({ runbook: hugepages, params: SMALL, machine: fakeRhel, state })

  it('keeps its rescue entry free of the arguments: it is the way out of a bad boot', async () => {
    const { host } = fakeRhel()
    const first = textOf(host, RESCUE)

    await runOn(hugepages, SMALL, [host])

    expect(textOf(host, RESCUE)).toBe(first)
    expect([NEWEST, OLDER].map((path) => optionsOf(textOf(host, path)))).toEqual([
      expect.stringMatching(new RegExp(` quiet \\$tuned_params ${BLOCK}$`)),
      expect.stringMatching(new RegExp(` quiet \\$tuned_params ${BLOCK}$`)),
    ])
  })

  it('that chose an older kernel boots that one with the arguments', async () => {
    const machine = fakeRhel()
    const grubenv = textOf(machine.host, '/boot/grub2/grubenv') ?? ''
    machine.host.files.set('/boot/grub2/grubenv', textFile(grubenv.replace('427.16.1.el9_4', '362.24.1.el9_3')))

    await runOn(hugepages, SMALL, [machine.host])

    expect(machine.state.commandLine).toMatch(new RegExp(`/vmlinuz-5\\.14\\.0-362\\.24\\.1.* ${BLOCK}$`))
  })

  it('loses arguments that stood there, in every place', async () => {
    const machine = fakeRhel()
    const name = (path: string) =>
      machine.host.files.set(path, textFile((textOf(machine.host, path) ?? '').replace('quiet', 'hugepages=3 quiet')))
    for (const path of [NEWEST, OLDER, RESCUE, '/etc/default/grub']) name(path)
    const first = new Map(machine.host.files)
    const journal = memoryJournal()

    await runOn(hugepages, SMALL, [machine.host], { journal })
    const texts = [NEWEST, OLDER, RESCUE, '/etc/default/grub'].map((path) => textOf(machine.host, path) ?? '')
    await rollbackOn(hugepages, [machine.host], { journal, reboot: true })

    expect(texts.filter((text) => text.includes('hugepages=3'))).toEqual([])
    expect(machine.host.files).toEqual(first)
  })

  it('keeps /etc/kernel/cmdline in step where kernel-install finds it', async () => {
    const { host } = fakeRhel({}, { '/etc/kernel/cmdline': 'root=/dev/mapper/rl-root ro hugepages=2 quiet\n' })

    await runOn(hugepages, SMALL, [host])

    expect(textOf(host, '/etc/kernel/cmdline')).toBe(`root=/dev/mapper/rl-root ro quiet ${BLOCK}\n`)
  })

  it('goes back although kernels came and went meanwhile', async () => {
    const { host } = fakeRhel()
    const first = new Map(host.files)
    const journal = memoryJournal()
    await runOn(hugepages, SMALL, [host], { journal })
    const fresh = NEWEST.replace('427.16.1', '503.1.1')
    host.files.set(fresh, textFile((textOf(host, NEWEST) ?? '').replaceAll('427.16.1', '503.1.1')))
    host.files.delete(OLDER)

    const { report } = await rollbackOn(hugepages, [host], { journal, reboot: true })

    expect(report.hosts[0]?.result).toBe('rolled-back')
    expect(optionsOf(textOf(host, fresh))).toBe(optionsOf(new TextDecoder().decode(first.get(NEWEST)?.bytes)))
    expect([textOf(host, OLDER), host.files.get(NEWEST)]).toEqual([null, first.get(NEWEST)])
  })

  it('is refused where its variable cannot be edited plainly', async () => {
    const computed = { '/etc/default/grub': 'GRUB_CMDLINE_LINUX="$(echo hugepages=7)"\nGRUB_ENABLE_BLSCFG=true\n' }

    expect(await refusal(fakeRhel({}, computed))).toMatchObject({
      code: 'E_GRUB_VAR_COMPLEX',
      text: `GRUB_CMDLINE_LINUX would not carry ${BLOCK} exactly once: /etc/default/grub line 1 sets GRUB_CMDLINE_LINUX`,
      changes: [],
    })
  })

  it('is refused where /etc/default/grub is no valid shell, or belongs to another tool', async () => {
    const broken = { '/etc/default/grub': 'GRUB_ENABLE_BLSCFG=true\nGRUB_CMDLINE_LINUX="quiet\n' }
    const managed = {
      '/etc/default/grub': '# managed by Puppet\nGRUB_ENABLE_BLSCFG=true\nGRUB_CMDLINE_LINUX="quiet"\n',
    }

    const answers = [await refusal(fakeRhel({}, broken)), await refusal(fakeRhel({}, managed))]

    expect(answers.map(({ code }) => code)).toEqual(['E_GRUB_SYNTAX', 'E_CONFIG_MANAGED'])
  })

  it('is refused where it boots a unified kernel image, or is told to be what it is not', async () => {
    const unified = { '/sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f': 'systemd-stub 252' }

    const image = await refusal(fakeRhel({}, unified))
    const named = await refusal(fakeRhel(), { ...SMALL, bootloader: 'grub-debian' })

    expect(image).toMatchObject({
      code: 'E_UEFI_UKI',
      text: 'hv-01 boots a unified kernel image that carries its command line inside',
      changes: [],
    })
    expect([named.code, named.text]).toEqual([
      'E_GRUB_MISSING',
      'hv-01 has not both /etc/default/grub and /boot/grub/grub.cfg',
    ])
  })
})

describe('a grubby that puts a later argument over an earlier one of the same key', () => {
  const machine = () => fakeRhel({ grubby: 'collapses' })

  it('is read back, and the options are written without it', async () => {
    const { host } = machine()

    const { report } = await runOn(hugepages, SMALL, [host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(host.counters.changes.filter((change) => change.startsWith('write /boot'))).toEqual([
      `write ${RESCUE}`,
      `write ${OLDER}`,
      `write ${NEWEST}`,
    ])
    expect(optionsOf(textOf(host, NEWEST))).toMatch(new RegExp(` quiet \\$tuned_params ${BLOCK}$`))
  })

  rollbackRestores({ runbook: hugepages, params: SMALL, machine, state })
})

describe('a host of RHEL 8', () => {
  const machine = () => fakeRhel({ release: '8' })

  killedAnywhereEndsTheSame({ runbook: hugepages, params: SMALL, machine, state })
  rollbackRestores({ runbook: hugepages, params: SMALL, machine, state })

  it('gets the arguments into kernelopts also where grubby loses one', async () => {
    const { host, state: after } = fakeRhel({ release: '8', grubby: 'collapses' })

    await runOn(hugepages, SMALL, [host])

    expect(after.commandLine).toMatch(new RegExp(` quiet ${BLOCK}$`))
    expect(textOf(host, '/boot/grub2/grubenv')).toHaveLength(1024)
  })

  it('goes back although GRUB wrote to its environment meanwhile', async () => {
    const { host } = machine()
    const first = textOf(host, '/boot/grub2/grubenv') ?? ''
    const journal = memoryJournal()
    await runOn(hugepages, SMALL, [host], { journal })
    const now = textOf(host, '/boot/grub2/grubenv') ?? ''
    host.files.set('/boot/grub2/grubenv', textFile(now.replace('boot_success=0', 'boot_success=1')))

    const { report } = await rollbackOn(hugepages, [host], { journal, reboot: true })

    expect(report.hosts[0]?.result).toBe('rolled-back')
    expect(textOf(host, '/boot/grub2/grubenv')).toBe(first.replace('boot_success=0', 'boot_success=1'))
  })

  it('is refused where its entries name a variable that nobody set', async () => {
    const unset = machine()
    const text = textOf(unset.host, '/boot/grub2/grubenv') ?? ''
    unset.host.files.set('/boot/grub2/grubenv', textFile(text.replace(/^kernelopts=.*\n/m, '')))

    expect(await refusal(unset)).toMatchObject({
      code: 'E_GRUB_VAR_COMPLEX',
      text: "entries of hv-01 take their arguments from $kernelopts, which is not set in GRUB's environment",
    })
  })
})

describe('a host of RHEL 7', () => {
  const machine = () => fakeRhel({ release: '7' })

  it('has its menu made anew, for its grubby loses one of two equal keys', async () => {
    const { host, state: after } = machine()

    await runOn(hugepages, SMALL, [host])

    expect(host.counters.changes).toContain("grub2-mkconfig -o '/boot/grub2/grub.cfg'")
    expect(after.commandLine).toMatch(new RegExp(` quiet ${BLOCK}$`))
  })

  rollbackRestores({ runbook: hugepages, params: SMALL, machine, state })

  describe('whose grubby can do it', () =>
    killedAnywhereEndsTheSame({
      runbook: hugepages,
      params: SMALL,
      machine: () => fakeRhel({ release: '7', grubby: 'appends' }),
      state,
    }))
})

const optionsOf = (text: string | null): string => /^options (.*)$/m.exec(text ?? '')?.[1] ?? ''
