import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerSet } from '../../../src/rehearsal/container-hosts.ts'
import { cleanUp, type Ended } from '../command-line.ts'
import { outcomeOf, refusalIn } from '../openstack/nova-host.ts'
import { BUILT, IMAGE, type ImageHost, MIB, upImageHosts } from './image-host.ts'

const WISH = ['size=1G', 'partition=/dev/sda2'] as const
const BACKUP = `rb-image.qcow2.runbook-${600 * MIB}.bak`

describe('qcow2-resize on a host', () => {
  let set: ContainerSet
  let on: ImageHost
  /** Where libguestfs itself looks and copies, in virtual machines without KVM: for minutes, while the others are tested. */
  let real: ImageHost
  let realRun: Promise<Ended>

  beforeAll(async () => {
    const [up, [first, second]] = await upImageHosts([{ guestfs: 'stand-in' }, { guestfs: 'real' }])
    set = up
    on = first!
    real = second!
    await real.sh(`chown 64055:daemon ${IMAGE} && chmod 0640 ${IMAGE}`)
    realRun = real.run(`source=${IMAGE}`, ...WISH)
  }, BUILT)

  afterAll(async () => {
    await set?.down()
    await cleanUp()
  })

  const filesIn = async (folder: string) => (await on.sh(`ls -A ${folder}`)).trim().split('\n')
  const hashOf = (path: string) => on.sh(`sha256sum <${path}`)
  const factsOf = (path: string) => on.sh(`stat -c '%i %u %g %a' ${path}`)
  /** A folder of its own with a copy of the image, and what shell text makes of it. */
  async function folderWith(name: string, script = 'true'): Promise<string> {
    await on.sh(`mkdir -p /srv/${name} && cd /srv/${name} && cp ${IMAGE} a.qcow2 && ${script}`)
    return `/srv/${name}`
  }

  it('takes the old image back by its second name: the same file, with its owner and mode', async () => {
    const folder = await folderWith('back', 'chown 64055:daemon a.qcow2 && chmod 0640 a.qcow2')
    const [before, content] = [await factsOf(`${folder}/a.qcow2`), await hashOf(`${folder}/a.qcow2`)]

    const run = await on.run(`source=${folder}/a.qcow2`, ...WISH)
    const between = await factsOf(`${folder}/a.qcow2`)
    const back = await on.again('rollback', run.run).ended

    expect([outcomeOf(run)?.result, outcomeOf(back)?.result]).toEqual(['changed', 'rolled-back'])
    expect(between.split(' ').slice(1)).toEqual(before.split(' ').slice(1))
    expect([await factsOf(`${folder}/a.qcow2`), await hashOf(`${folder}/a.qcow2`)]).toEqual([before, content])
    expect(await filesIn(folder)).toEqual(['a.qcow2'])
  })

  it('refuses what cannot be enlarged, by what QEMU’s own tools say of it', async () => {
    const folder = await folderWith(
      'refused',
      [
        'qemu-img create -q -f qcow2 -b a.qcow2 -F qcow2 over.qcow2',
        'cp a.qcow2 snapshot.qcow2 && qemu-img snapshot -c s1 snapshot.qcow2',
        'truncate -s 64M raw.img',
        'qemu-img create -q -f qcow2 -o data_file=data.raw apart.qcow2 64M',
        'qemu-img create -q --object secret,id=s,data=x -f qcow2 -o encrypt.format=aes,encrypt.key-secret=s secret.qcow2 64M',
        // The table of reference counts points nowhere.
        'cp a.qcow2 damaged.qcow2 && printf "\\\\377" | dd of=damaged.qcow2 bs=1 seek=65543 conv=notrunc 2>/dev/null',
        'printf "label: dos\\ntype=8e\\n" >table; truncate -s 600M lvm.raw; sfdisk -q lvm.raw <table; qemu-img convert -O qcow2 lvm.raw lvm.qcow2; rm lvm.raw table',
      ].join(' && '),
    )
    const before = await on.resizes()
    const refusal = async (name: string, ...params: readonly string[]) =>
      refusalIn(await on.plan(`source=${folder}/${name}`, ...WISH, ...params))

    const one = await Promise.all([
      refusal('none.qcow2'),
      refusal('raw.img'),
      refusal('over.qcow2'),
      refusal('a.qcow2'),
    ])
    const two = await Promise.all([refusal('snapshot.qcow2'), refusal('apart.qcow2'), refusal('secret.qcow2')])
    const three = await Promise.all([
      refusal('damaged.qcow2'),
      refusal('lvm.qcow2', 'partition=/dev/sda1'),
      refusal('snapshot.qcow2', 'size=500M'),
      refusal('a.qcow2', `target=${folder}/raw.img`),
    ])
    const missing = await refusal('lvm.qcow2', 'partition=/dev/sda9')

    const because = (text: string) => expect.stringContaining(text)
    expect([...one, ...two, ...three, missing]).toEqual([
      ['E_IMAGE_MISSING', because('No such file or directory')],
      ['E_IMAGE_FORMAT', because('Image is not in qcow2 format')],
      ['E_BACKING_CHAIN', because(`${folder}/over.qcow2 lies on ${folder}/a.qcow2; the result is flat: `)],
      ['E_BACKING_CHAIN', `${folder}/a.qcow2 is what others lie on: ${folder}/over.qcow2`],
      ['E_SNAPSHOTS', because('has snapshots that would be lost: s1')],
      ['E_DATA_FILE', because('keeps its data in data.raw')],
      ['E_ENCRYPTED', because('is encrypted')],
      ['E_CORRUPT', because('is damaged or was not closed')],
      ['E_LVM_PARTITION', '/dev/sda1 is a physical volume of LVM: it would grow, and nothing in it'],
      ['E_SHRINK', because('has 629145600 bytes (600 MiB), wished are 524288000')],
      ['E_TARGET_EXISTS', `${folder}/raw.img exists already`],
      ['E_PARTITION_MISSING', '/dev/sda9 is not in the image; it has /dev/sda1'],
    ])
    expect(await on.resizes()).toBe(before)
  })

  it('makes a flat image of an overlay where that is accepted, with either method', async () => {
    const folder = await folderWith(
      'flat',
      'qemu-img create -q -f qcow2 -b a.qcow2 -F qcow2 b.qcow2 && cp b.qcow2 c.qcow2',
    )

    const resized = await on.run(`source=${folder}/b.qcow2`, ...WISH, 'flattenBacking=true')
    const grown = await on.run(`source=${folder}/c.qcow2`, ...WISH, 'flattenBacking=true', 'method=grow')

    expect([outcomeOf(resized)?.result, outcomeOf(grown)?.result]).toEqual(['changed', 'changed'])
    const info = await on.sh(
      `cd ${folder}; for i in b c; do qemu-img info $i.qcow2 | grep -E '^(virtual|backing)'; done`,
    )
    expect(info).toBe('virtual size: 1 GiB (1073741824 bytes)\n'.repeat(2))
  })

  it('does not start virt-resize while a process has the image, or what it is to replace', async () => {
    const folder = await folderWith('used', 'cp a.qcow2 b.qcow2')
    const before = await on.resizes()
    await on.sh(`qemu-io -f qcow2 -c 'sleep 600000' ${folder}/b.qcow2 >/dev/null 2>&1 & echo $! >${folder}.pid`)

    const source = await on.run(`source=${folder}/b.qcow2`, ...WISH)
    const target = await on.plan(`source=${folder}/a.qcow2`, `target=${folder}/b.qcow2`, 'overwrite=true', ...WISH)
    await on.sh(`kill $(cat ${folder}.pid)`)

    expect([outcomeOf(source)?.result, source.exitCode, refusalIn(source)]).toEqual([
      'blocked',
      3,
      ['E_IMAGE_IN_USE', expect.stringContaining('Failed to get shared "write" lock')],
    ])
    expect(refusalIn(target)).toEqual([
      'E_IMAGE_IN_USE',
      expect.stringMatching(/b\.qcow2 is open in process \d+ \(qemu-io\)/),
    ])
    expect([await on.resizes(), await filesIn(folder)]).toEqual([before, ['a.qcow2', 'b.qcow2']])
  })

  it('has nothing to do for an image of the size, and says so of one whose partitions stayed behind', async () => {
    const folder = await folderWith('same', 'qemu-img resize -q a.qcow2 1G')

    const { rows } = await on.plan(`source=${folder}/a.qcow2`, ...WISH)

    const [planned] = rows.flatMap((row) => (row.type === 'planned' ? [row.plan] : []))
    expect([planned?.state, planned?.steps.flatMap(({ notes }) => notes.map(({ text }) => text))]).toEqual([
      'satisfied',
      [`425 MiB of ${folder}/a.qcow2 are in no partition; its guests must grow theirs: growpart`],
    ])
  })

  it('knows a lack of room before; with that guard off a full disk ends by the watchdog, the source untouched', async () => {
    await on.sh(`mkdir /srv/small && mount -t tmpfs -o size=6M tmpfs /srv/small`)
    const folder = await folderWith('small', 'qemu-io -f qcow2 -c "write -P 7 40M 3M" a.qcow2 >/dev/null')
    const content = await hashOf(`${folder}/a.qcow2`)

    const planned = await on.plan(`source=${folder}/a.qcow2`, ...WISH)
    const over = ['--override=E_SPACE', '--reason=to see the watchdog', 'stall=2s']
    const run = await on.run(`source=${folder}/a.qcow2`, ...WISH, ...over)

    expect(refusalIn(planned)).toEqual(['E_SPACE', expect.stringContaining(`the file system of ${folder}/a.qcow2 has`)])
    expect(outcomeOf(run)).toMatchObject({
      result: 'failed',
      code: 'E_SPACE',
      text: expect.stringContaining(`disk full on ${folder} while copying; source untouched`),
    })
    expect([await filesIn(folder), await hashOf(`${folder}/a.qcow2`)]).toEqual([['a.qcow2'], content])
    expect(await on.sh('pgrep -c virt-resize')).toBe('0\n')
  })

  it('leaves the source whole when virt-resize is killed, and does all of it again in the next run', async () => {
    const folder = await folderWith('killed')
    const content = await hashOf(`${folder}/a.qcow2`)
    const going = on.start(`source=${folder}/a.qcow2`, ...WISH)
    await going.reaches((row) => row.type === 'intent' && row.step === 'image-enlarged')
    await on.sh('until pgrep -x virt-resize >/dev/null; do sleep 0.05; done; sleep 0.3; pkill -KILL -x virt-resize')

    const cut = await going.ended
    const between = [await filesIn(folder), await hashOf(`${folder}/a.qcow2`)]
    const next = await on.run(`source=${folder}/a.qcow2`, ...WISH)

    expect([outcomeOf(cut)?.result, ...between]).toEqual(['failed', ['a.qcow2'], content])
    expect(outcomeOf(next)?.result).toBe('changed')
    expect(await filesIn(folder)).toEqual(['a.qcow2', `a.qcow2.runbook-${600 * MIB}.bak`])
  })

  it('says what virt-resize says of a partition, where nobody looked into the image before', async () => {
    const folder = await folderWith('blind')

    const run = await on.run(`source=${folder}/a.qcow2`, 'size=1G', 'partition=/dev/sda9', 'inspect=false')

    expect(outcomeOf(run)).toMatchObject({ result: 'failed', code: 'E_PARTITION_MISSING' })
    expect(outcomeOf(run)?.text).toContain('/dev/sda9: partition not found in the source disk image')
    expect(await filesIn(folder)).toEqual(['a.qcow2'])
  })

  it('names the packages that cannot be had without a network', async () => {
    await on.sh('dpkg --remove --force-depends guestfs-tools')

    const run = await on.run(`source=${IMAGE}`, ...WISH)

    expect(outcomeOf(run)).toMatchObject({ result: 'failed', code: 'E_PKG' })
    expect(outcomeOf(run)?.text).toContain('guestfs-tools cannot be installed on rb-01: ')
  })

  it(
    'enlarges image, partition and file system with libguestfs itself, from 600 MiB to 1 GiB',
    async () => {
      const run = await realRun

      expect([outcomeOf(run)?.text, run.exitCode, await real.resizes()]).toEqual(['1 step changed', 0, 1])
      expect(await real.sh('ls -A /srv/images; stat -c "%u %g %a" /srv/images/*')).toBe(
        `rb-image.qcow2\n${BACKUP}\n64055 1 640\n64055 1 640\n`,
      )
      expect(await real.sh(`qemu-img check -q ${IMAGE} && qemu-img info ${IMAGE} | grep ^virtual`)).toBe(
        'virtual size: 1 GiB (1073741824 bytes)\n',
      )
      await real.sh(`qemu-img convert -O raw ${IMAGE} /srv/raw`)
      const size =
        'sfdisk -l -o size /srv/raw | tail -n 1; dumpe2fs -h "/srv/raw?offset=34603008" 2>/dev/null | grep "^Block count"'
      expect(await real.sh(size)).toMatch(/^989.8M\nBlock count: +253\d{3}\n$/)
      expect(await real.sh('pgrep -c qemu; ls -d /var/tmp/runbook-look.* 2>/dev/null')).toBe('0\n')
    },
    BUILT,
  )
})
