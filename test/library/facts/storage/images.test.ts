import { describe, expect, it } from 'vitest'
import {
  imageOf,
  imageParts,
  imagePlace,
  imageUsers,
  openedBy,
  overlaysOf,
  soundness,
} from '../../../../src/library/facts/storage/images.ts'
import { readImageUsers } from '../../../../src/library/formats/storage/image-users.ts'
import { readImageParts } from '../../../../src/library/formats/storage/partitions.ts'
import { sh } from '../../../../src/model/command.ts'
import { fixture } from '../../fixture.ts'
import { askShell, runInShell } from '../../shell-with.ts'

describe('an image, as qemu-img answers', () => {
  const asked = imageOf('/a', 'qcow2')

  it.each([
    ['qemu-img-7.2.22-info.missing.debian-12', 'missing'],
    ['qemu-img-7.2.22-info.locked.debian-12', 'locked'],
    ['qemu-img-7.2.22-info.raw-as-qcow2.debian-12', 'other-format'],
    ['qemu-img-7.2.22-info.backing-chain.debian-12', 'known'],
  ])('%s is %s', (name, state) => {
    expect(asked.read(fixture(name)).state).toBe(state)
  })

  it('is unknown without the tools, and unreadable where it is broken', () => {
    const broken = { exitCode: 1, stdout: '', stderr: "qemu-img: Could not open '/a': L1 size too big\n" }

    expect([asked.read({ exitCode: 127, stdout: '', stderr: '' }).state, asked.read(broken).state]).toEqual([
      'no-tools',
      'unreadable',
    ])
  })

  it('is sound by the exit code of its check', () => {
    const ends = [0, 1, 2, 3, 63].map((exitCode) => soundness('/a', 'qcow2').read({ exitCode, stdout: '', stderr: '' }))

    expect(ends).toEqual(['sound', 'damaged', 'damaged', 'leaks', 'unknown'])
    expect(soundness('/a', 'qcow2').read(fixture('qemu-img-7.2.22-check.clean.debian-12'))).toBe('sound')
    expect(soundness('/a', 'qcow2').read(fixture('qemu-img-7.2.22-check.raw.debian-12'))).toBe('unknown')
  })
})

describe('the guests of an image', () => {
  it('are those with it as a disk, whatever blanks are in its name', () => {
    const { stdout } = fixture('virsh-9.0.0-domblklist.two-guests.debian-12')

    expect([
      readImageUsers(stdout, ['/srv/images/a b.qcow2']),
      readImageUsers(stdout, ['/srv/images/a']),
      readImageUsers(stdout, ['-']).length,
    ]).toEqual([[{ guest: '6695eb01-f6a4-8304-79aa-97f2502e193f', name: 'web one', state: 'shut off' }], [], 1])
  })

  it('are asked of libvirt, guest by guest', () => {
    const virsh = `case "$*" in *domblklist*) echo " Type Device Target Source"; echo " file disk vda /srv/x";; *domname*) echo web; echo;; *domstate*) echo running; echo;; *) echo one;; esac`

    expect([
      askShell(imageUsers('/srv/x'), { virsh }),
      askShell(imageUsers('/srv/y'), { virsh }),
      askShell(imageUsers('/srv/x'), { virsh: 'exit 1' }),
    ]).toEqual([[{ guest: 'one', name: 'web', state: 'running' }], [], null])
  })
})

describe('around an image', () => {
  const info = (backing: string) =>
    `for f; do :; done; case $f in *.qcow2) printf '{\\n "filename": "%s", "format": "qcow2", "virtual-size": 1, "actual-size": 1, "full-backing-filename": "%s"\\n}\\n' "$f" "${backing}";; *) exit 1;; esac`

  it('are its overlays in the same folder, and among the disks of guests elsewhere', () => {
    const files = { '/img/base': '', '/img/over.qcow2': '', '/img/readme': '', '/far/disk.qcow2': '' }
    const virsh = `case $2 in list) echo one ;; *) echo ' Type   Device   Target   Source'; echo " file   disk     vda      $PWD/../far/disk.qcow2"; echo ' file   cdrom    sda      -' ;; esac`
    const asked = (image: string, backing: string) =>
      askShell(overlaysOf(image), { virsh, 'qemu-img': info(backing) }, files).toSorted()

    expect([asked('/img/base', '$PWD/base'), asked('/img/base', '$PWD/other')]).toEqual([
      ['/img/../far/disk.qcow2', '/img/over.qcow2'],
      [],
    ])
  })

  it('are its overlays where it is known by a link', () => {
    const question = sh`ln -s base /img/link; ${overlaysOf('/img/link').question}`

    const answer = runInShell(
      question.text,
      { 'qemu-img': info('$PWD/base') },
      { '/img/base': '', '/img/over.qcow2': '' },
    )

    expect(overlaysOf('/img/link').read(answer)).toEqual(['/img/over.qcow2'])
  })

  it('are the processes that have it open, by name', () => {
    const held = (path: string) => sh`exec 8</img/a; ${openedBy(path).question}; exit 0`
    const lines = (path: string) => openedBy(path).read(runInShell(held(path).text, {}, { '/img/a': '', '/img/b': '' }))

    expect(lines('/img/a')).toEqual(expect.arrayContaining([expect.stringMatching(/^\d+ \((sh|dash|bash)\)$/)]))
    expect(lines('/img/b')).toEqual([])
  })

  it.each([
    ['<', 0],
    ['>>', 1],
  ])('are not those that look with qemu-img, but those that write with it: %s', (how, count) => {
    const busy = sh`qemu-img /img/a & sleep 0.3; ${openedBy('/img/a').question}; wait`

    const answer = runInShell(busy.text, { 'qemu-img': `exec 8${how}"$1"; sleep 1 8<&-` }, { '/img/a': '' })

    expect(openedBy('/img/a').read(answer)).toHaveLength(count)
  })

  it('is a file, a device or nothing, and room', () => {
    const programs = { df: 'echo x; echo "/dev/vda1 100 40 60 40% /"' }

    expect([
      askShell(imagePlace('/img/a'), programs, { '/img/a': '' }),
      askShell(imagePlace('/img/none'), programs, { '/img/a': '' }),
      askShell(imagePlace('/img/none'), { df: 'exit 1' }, { '/img/a': '' }),
    ]).toEqual([
      { kind: 'file', freeBytes: 60 * 1024 },
      { kind: 'none', freeBytes: 60 * 1024 },
      { kind: 'none', freeBytes: null },
    ])
  })
})

describe('what lies in an image', () => {
  it('is read by the columns that the first line names, whatever a label holds', () => {
    expect(readImageParts(fixture('virt-filesystems-1.48.2.two-partitions.debian-12').stdout)).toEqual([
      { name: '/dev/sda1', type: 'filesystem', bytes: 33554432 },
      { name: '/dev/sda2', type: 'filesystem', bytes: 593494528 },
      { name: '/dev/sda1', type: 'partition', bytes: 33554432 },
      { name: '/dev/sda2', type: 'partition', bytes: 593494528 },
      { name: '/dev/sda', type: 'device', bytes: 629145600 },
    ])
    expect(readImageParts('')).toEqual([])
  })

  it('cannot be seen without the tools or without a kernel to start', () => {
    const asked = imageParts('/a', 'qcow2', 'direct')

    expect([
      asked.read({ exitCode: 127, stdout: '', stderr: '' }),
      asked.read(fixture('virt-filesystems-1.48.2.no-modules.debian-12')),
    ]).toMatchObject([{ state: 'no-tools' }, { state: 'failed', because: expect.stringContaining('/lib/modules') }])
  })
})
