import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localAnswer, localCommand } from '../../../src/rehearsal/docker/local-command.ts'
import { accelerator } from '../../../src/rehearsal/vm/accelerator.ts'
import { memoryWords } from '../../../src/rehearsal/vm/qemu-arguments.ts'
import { QEMU } from '../../../src/rehearsal/vm/virtual-machine.ts'
import { vmImage } from '../../../src/rehearsal/vm/vm-image.ts'
import type { VmModel } from '../../../src/rehearsal/vm/vm-model.ts'

/** What a kernel made of its command line. */
export interface Booted {
  /** What it wrote to its console, a line each, without the times. */
  readonly lines: readonly string[]
  /** Size in KiB to pages on each node; null where it never came to user space. */
  readonly pools: Readonly<Record<string, readonly number[]>> | null
  /** Lines of /proc/meminfo by their name. */
  readonly memory: Readonly<Record<string, string>>
}

export interface Kernel {
  /** Boots it on such a machine, asks, and powers off; at the latest after so many seconds. */
  boot(words: string, model: VmModel, seconds?: number): Promise<Booted>
  remove(): Promise<void>
}

/** The first process of such a boot: prints what the kernel has, with the few programs of the initial ram disk. */
const REPORT = `#!/bin/sh
mkdir /proc /sys
mount -t proc proc /proc
mount -t sysfs sysfs /sys
for f in /sys/devices/system/node/node*/hugepages/hugepages-*/nr_hugepages; do echo "pool $f $(cat $f)"; done
while read -r line; do echo "memory $line"; done </proc/meminfo
echo "report ends"
poweroff -f
`

/** The kernel of the image, to be booted by itself: without GRUB, systemd or a disk it takes a few seconds. */
export async function kernelOfImage(): Promise<Kernel> {
  const by = await accelerator()
  const folder = await mkdtemp(join(tmpdir(), 'runbook-kernel-'))
  const [raw, kernel, disk] = [join(folder, 'raw'), join(folder, 'vmlinuz'), join(folder, 'initrd')]
  const image = await vmImage(by, { say: () => {}, mayInstall: async () => false })
  await localCommand(['qemu-img', 'convert', '-O', 'raw', image, raw], { deadline: '5m' })
  const inImage = async (words: string) => localCommand(['debugfs', '-R', words, `${raw}?offset=1048576`])
  const names = (await inImage('ls -p /boot')).split('\n').map((line) => line.split('/')[5] ?? '')
  const named = (start: string) => `/boot/${names.find((name) => name.startsWith(start)) ?? ''}`
  await inImage(`dump ${named('vmlinuz-')} ${kernel}`)
  await inImage(`dump ${named('initrd.img-')} ${disk}`)
  await rm(raw)
  await writeFile(disk, Buffer.concat([archiveOf('report', REPORT), await readFile(disk)]))
  let boots = 0
  return {
    async boot(words, model, seconds = 120) {
      boots += 1
      const log = join(folder, `console-${boots}`)
      await localAnswer(
        [
          ...[QEMU, '-no-user-config', '-nodefaults', '-display', 'none', '-no-reboot'],
          // A pipe that is not read in time would lose letters.
          ...['-serial', `file:${log}`],
          ...['-machine', `q35,accel=${by}`, ...memoryWords(model)],
          ...['-kernel', kernel, '-initrd', disk],
          ...['-append', `console=ttyS0,115200 nokaslr rdinit=/report panic=-1 ${words}`],
        ],
        { deadline: `${seconds}s` },
      )
      return readConsole(await readFile(log, 'latin1'))
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

function readConsole(text: string): Booted {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/^\[ *[\d.]+\] /, ''))
  const pools: Record<string, number[]> = {}
  for (const line of lines) {
    const [, node, size, count] =
      /^pool \S+node(\d+)\/hugepages\/hugepages-(\d+)kB\/nr_hugepages (\d+)$/.exec(line) ?? []
    if (size === undefined) continue
    pools[size] ??= []
    pools[size][Number(node)] = Number(count)
  }
  const memory = Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^memory (\S+): +(.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value]]
    }),
  )
  return { lines, pools: lines.includes('report ends') ? pools : null, memory }
}

/** A cpio archive (newc) of one program; the kernel unpacks one behind the other. */
function archiveOf(name: string, content: string): Buffer {
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
  const entry = (path: string, mode: number, body: Buffer) => {
    const fields = [1, mode, 0, 0, 1, 0, body.length, 0, 0, 0, 0, path.length + 1, 0]
    const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${path}\0`
    return Buffer.concat([padded(Buffer.from(head)), padded(body)])
  }
  return Buffer.concat([entry(name, 0o100755, Buffer.from(content)), entry('TRAILER!!!', 0, Buffer.alloc(0))])
}
