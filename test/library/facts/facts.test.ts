import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { grubFiles, grubMenuFault, grubVariablesOf } from '../../../src/library/facts/grub.ts'
import { freePages, guests, libvirtService, qemuMounts } from '../../../src/library/facts/libvirt.ts'
import { memory, numaNodes } from '../../../src/library/facts/memory.ts'
import { mounts } from '../../../src/library/facts/mounts.ts'
import { bootId, containerKind, osRelease } from '../../../src/library/facts/system.ts'
import { unitStability } from '../../../src/library/facts/units.ts'
import { CommandFailed } from '../../../src/model/errors.ts'
import type { Answer } from '../../../src/model/fact.ts'
import { fixture } from '../fixture.ts'

const said = (stdout: string): Answer => ({ exitCode: 0, stdout, stderr: '' })
const inShell = (script: string): Answer => {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
  return { exitCode: status ?? 1, stdout, stderr }
}

describe('the boot id', () => {
  it('is a well-formed one', () => {
    const id = '3f0f6f6c-6f5e-4b58-9d3a-1c7a2b1f0e11'

    expect(bootId.read(said(`${id}\n`))).toBe(id)
  })

  it('is not an error message, nor nothing', () => {
    expect(() => bootId.read(said('cat: /proc: No such file\n'))).toThrow(CommandFailed)
    expect(() => bootId.read(said(''))).toThrow(CommandFailed)
  })
})

describe('what kind of system it is', () => {
  it('is a container where systemd says so, by exit code', () => {
    expect(containerKind.read(fixture('systemd-detect-virt-252.docker.debian-12'))).toBe('docker')
    expect(containerKind.read({ exitCode: 1, stdout: 'none\n', stderr: '' })).toBeNull()
  })

  it('is read from os-release by sourcing it', () => {
    expect(osRelease.read(fixture('os-release.debian-12'))).toEqual({
      id: 'debian',
      versionId: '12',
      major: 12,
      family: 'debian',
    })
  })
})

describe('memory', () => {
  it('is total and available, in bytes', () => {
    expect(memory.read(fixture('proc-meminfo-6.1.partial-1g.debian-12'))).toEqual({
      total: 4018132 * 1024,
      available: 2520568 * 1024,
    })
  })

  it('is given per node, without nodes that have none', () => {
    const two = `${fixture('node-meminfo-6.18.debian-12').stdout}Node 1 MemTotal:        0 kB\n`

    expect([...numaNodes.read(said(two))]).toEqual([[0, 8087756 * 1024]])
  })

  it('is said to be missing where the answer lacks it', () => {
    expect(() => memory.read(said('MemFree: 1 kB\n'))).toThrow('MemTotal')
  })
})

describe('mounts', () => {
  it('stand once per mount', () => {
    const found = mounts.read(fixture('findmnt-2.38.1-hugetlbfs.stacked.debian-12'))

    expect(found.map(({ target }) => target)).toEqual(['/mnt/1G', '/mnt/two M', '/mnt/two M'])
  })
})

describe('libvirt', () => {
  const unit = (socket: string, libvirtd: string) =>
    libvirtService.unit.read(
      said(
        [
          `Id=virtqemud.socket\nLoadState=loaded\nActiveState=${socket}\n`,
          `Id=libvirtd.service\nLoadState=${libvirtd}\n`,
        ].join('\n'),
      ),
    )

  it('is virtqemud where its socket listens, else libvirtd, else nothing', () => {
    expect([unit('active', 'loaded'), unit('inactive', 'loaded'), unit('inactive', 'not-found')]).toEqual([
      'virtqemud.service',
      'libvirtd.service',
      null,
    ])
  })

  it('lists guests, or says why it does not', () => {
    expect(guests.read(fixture('virsh-9.0.0-list.one-guest.debian-12'))).toEqual({
      state: 'known',
      running: ['6695eb01-f6a4-8304-79aa-97f2502e193f'],
    })
    expect(guests.read(fixture('virsh-9.0.0-list.no-daemon.debian-12'))).toMatchObject({
      state: 'unknown',
      because: expect.stringContaining('failed to connect to the hypervisor'),
    })
    expect(guests.read({ exitCode: 127, stdout: '', stderr: 'sh: virsh: not found\n' })).toEqual({
      state: 'known',
      running: [],
    })
  })

  it('has no free pages to tell while it is down', () => {
    expect(freePages.read({ exitCode: 1, stdout: '', stderr: '' })).toBeNull()
  })

  it('reads the mounts that qemu.conf allows, over several lines', () => {
    expect([
      qemuMounts.read(said('')),
      qemuMounts.read(said('hugetlbfs_mount = [\n  "/dev/hugepages2M",\n  "/dev/hugepages1G"\n]\n')),
      qemuMounts.read(said('hugetlbfs_mount = ""\n')),
    ]).toEqual([null, ['/dev/hugepages2M', '/dev/hugepages1G'], []])
  })
})

describe('GRUB', () => {
  it('names a syntax error in the words of the shell', () => {
    const { stderr } = fixture('sh-n-dash-0.5.12.unterminated.debian-12')
    const answer = `/etc/default/grub\nabc  -\n${btoa('A="x\n')}\n${stderr}`

    expect(grubFiles.read(said(answer))).toEqual([
      { path: '/etc/default/grub', fingerprint: 'sha256:abc', text: 'A="x\n', fault: stderr.trim() },
    ])
  })

  it('refuses a file that is not UTF-8, which an edit could not keep', () => {
    const answer = `/etc/default/grub\nabc  -\n${btoa('\xff')}\n\n`

    expect(grubFiles.read(said(answer))[0]?.fault).toBe('is not UTF-8 text')
  })

  it('has the variables that a shell gets from the texts, in their order', () => {
    const asked = grubVariablesOf([
      'GRUB_CMDLINE_LINUX=quiet hugepages=80\nGRUB_TIMEOUT=5 # five\n',
      "GRUB_CMDLINE_LINUX_DEFAULT='it'\\''s'\necho noise\n",
      'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT more"\n',
    ])

    expect(asked.read(inShell(asked.question.text))).toEqual({
      GRUB_CMDLINE_LINUX: 'quiet',
      GRUB_CMDLINE_LINUX_DEFAULT: "it's more",
      GRUB_TIMEOUT: '5',
      GRUB_TIMEOUT_STYLE: '',
    })
  })

  it('has no variables where a text ends the shell', () => {
    const broken = grubVariablesOf(['GRUB_CMDLINE_LINUX="x\n'])
    const ended = grubVariablesOf(['exit 0\n'])

    expect([broken.read(inShell(broken.question.text)), ended.read(inShell(ended.question.text))]).toEqual([null, null])
  })

  it('says what its own check has against the menu', () => {
    expect([
      grubMenuFault.read(said('')),
      grubMenuFault.read({ exitCode: 1, stdout: '', stderr: 'error: line 3\n' }),
    ]).toEqual(['', 'error: line 3'])
  })
})

describe('the stability of a unit', () => {
  it('is read twice, ten seconds apart', () => {
    const show = (restarts: number, active: string) =>
      `NRestarts=${restarts}\nLoadState=loaded\nActiveState=${active}\nInvocationID=a\n`

    const { before, after } = unitStability('x.service').read(said(`${show(0, 'active')}---\n${show(2, 'activating')}`))

    expect([before.restarts, after.restarts, after.active]).toEqual([0, 2, 'activating'])
  })
})
