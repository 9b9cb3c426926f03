import { randomUUID } from 'node:crypto'
import { access, cp, mkdtemp, open, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RunbookError } from '../../model/errors.ts'
import { localCommand } from '../docker/local-command.ts'
import { withLock } from '../docker/lock.ts'
import { type Consent, findProgram, needPrograms } from '../docker/packages.ts'
import { cacheFolder } from '../docker/places.ts'
import { told } from '../docker/progress.ts'
import { filesHash } from '../files-hash.ts'
import type { Accelerator } from './qemu-arguments.ts'
import { QEMU } from './virtual-machine.ts'

const OWN = join(import.meta.dirname, 'image')
const CONTAINERS = join(import.meta.dirname, '../testhost')
/** What container hosts have too, by its place there. */
const SHARED = ['setup', 'bin/nova-compute']

const MIB = 1_048_576
/** Size of the disk; the file takes only what is written. The file system begins behind GRUB's own place. */
const DISK = 6_144 * MIB
const OFFSET = MIB

/** Path of the image that virtual machines boot from; made where it is missing, which takes some minutes and root. */
export async function vmImage(accelerator: Accelerator, consent: Consent): Promise<string> {
  const folder = join(cacheFolder(), 'vm')
  const path = join(folder, `debian-${await filesHash([OWN, ...SHARED.map((part) => join(CONTAINERS, part))])}.qcow2`)
  if (await exists(path)) {
    await localCommand(['touch', path])
    return path
  }
  await needPrograms(['debootstrap', 'mkfs.ext4', 'qemu-img'], consent)
  if (process.getuid?.() !== 0) {
    throw new RunbookError('only root can make the image of the virtual machines: debootstrap needs it', {
      code: 'E_MACHINE_LACKS',
      remedy: 'Run this once as root, or use containers: --on containers',
    })
  }
  await withLock(join(folder, 'image.lock'), async () => {
    if (!(await exists(path))) await make(path, folder, accelerator, consent)
    await removeOlder(folder)
  })
  return path
}

async function make(path: string, folder: string, accelerator: Accelerator, { say }: Consent): Promise<void> {
  await removeLeftovers(folder)
  const work = await mkdtemp(join(folder, 'making-'))
  const [root, raw, done] = [join(work, 'root'), join(work, 'raw'), join(work, 'qcow2')]
  try {
    await told(say, 'make a Debian base system with debootstrap', () =>
      localCommand(['debootstrap', '--variant=minbase', 'bookworm', root], { deadline: '15m' }),
    )
    const uuid = randomUUID()
    await told(say, 'install kernel, systemd, GRUB, libvirt and QEMU in it', () => setUp(root, uuid))
    await told(say, 'make a disk of it', () => fillDisk(raw, root, uuid))
    await told(say, 'install its boot loader, by a boot without one', () => firstBoot(raw, root, uuid, accelerator))
    await told(say, 'store the image', () =>
      localCommand(['qemu-img', 'convert', '-O', 'qcow2', raw, done], { deadline: '10m' }),
    )
    await rename(done, path)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** In namespaces of their own, so that no mount and no process outlives it. */
async function setUp(root: string, uuid: string): Promise<void> {
  const home = join(root, 'usr/lib/testhost')
  for (const part of SHARED) await cp(join(CONTAINERS, part), join(home, part), { recursive: true })
  await cp(OWN, join(home, 'vm'), { recursive: true })
  await cp(join(OWN, 'first-boot.sh'), join(root, 'first-boot.sh'))
  await writeFile(join(root, 'etc/fstab'), `UUID=${uuid} / ext4 errors=remount-ro 0 1\n`)
  const inside = 'mount -t proc proc "$1/proc" && mount -t sysfs sysfs "$1/sys" && exec chroot "$1" /bin/sh "$2"'
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child']
  await localCommand([...namespaces, 'sh', '-c', inside, 'sh', root, '/usr/lib/testhost/vm/setup.sh'], {
    deadline: '20m',
  })
}

/** One partition, marked for booting. The kernel of this machine need not know partitions of files. */
async function fillDisk(raw: string, root: string, uuid: string): Promise<void> {
  await writeFile(raw, '')
  await truncate(raw, DISK)
  const options = ['-q', '-F', '-U', uuid, '-L', 'root', '-d', root, '-E', `offset=${OFFSET}`]
  await localCommand(['mkfs.ext4', ...options, raw, `${(DISK - OFFSET) / 1024}k`], { deadline: '10m' })
  const disk = await open(raw, 'r+')
  await disk.write(partitionTable(OFFSET / 512, (DISK - OFFSET) / 512), 0, undefined, 446)
  await disk.close()
}

/** The four entries of a master boot record and its signature; the first is bootable, of type Linux (0x83). */
function partitionTable(first: number, sectors: number): Buffer {
  const table = Buffer.alloc(66)
  // Cylinders, heads and sectors beyond what three bytes can say: only the numbers behind them count.
  table.set([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff])
  table.writeUInt32LE(first, 8)
  table.writeUInt32LE(sectors, 12)
  table.set([0x55, 0xaa], 64)
  return table
}

async function firstBoot(raw: string, root: string, uuid: string, accelerator: Accelerator): Promise<void> {
  const words = `root=UUID=${uuid} rw console=ttyS0 init=/first-boot.sh quiet`
  const said = await localCommand(
    [
      ...[findProgram(QEMU) ?? QEMU, '-no-user-config', '-nodefaults', '-display', 'none', '-no-reboot'],
      ...['-machine', `q35,accel=${accelerator}`, '-cpu', 'max', '-m', '1G', '-serial', 'stdio'],
      ...['-kernel', join(root, 'vmlinuz'), '-initrd', join(root, 'initrd.img'), '-append', words],
      ...['-drive', `file=${raw},format=raw,if=virtio,cache=unsafe`],
    ],
    { deadline: '10m' },
  )
  if (said.includes('first boot: done')) return
  throw new RunbookError(`GRUB could not be installed in the image. Its console:\n${said.slice(-2_000)}`, {
    code: 'E_TEST_HOST',
  })
}

/** Of makers that were killed; only one makes at a time. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('making-'))
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true })
}

/** Images of earlier contents that nobody has used for a day; those of today may serve another checkout. */
async function removeOlder(folder: string): Promise<void> {
  await localCommand(['find', folder, '-name', '*.qcow2', '-mmin', '+1440', '-delete'])
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
