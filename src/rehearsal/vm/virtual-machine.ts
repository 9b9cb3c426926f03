import { spawn } from 'node:child_process'
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../../model/errors.ts'
import { localCommand } from '../docker/local-command.ts'
import { findProgram } from '../docker/packages.ts'
import { isAlive, processIdentity } from '../docker/process-identity.ts'
import { setsFolder } from '../hosts/host-set.ts'
import { jsonLines } from './json-lines.ts'
import { type Machine, qemuArguments } from './qemu-arguments.ts'
import { type VmFiles, vmFiles, vmsFolder } from './vm-files.ts'

/** What stands in the record of a virtual machine. */
export interface VmRecord {
  readonly name: string
  readonly port: number
  /** Identity of the process that must live for it to be left alone; null for kept ones. */
  readonly owner: string | null
}

const DATA_DISK = '2G'

/** Starts QEMU over an image. Resolves when it has taken its port; the guest has only begun to boot. */
export async function powerOn(machine: Machine, image: string, { keep }: { keep: boolean }): Promise<void> {
  const { files, name, port } = machine
  await mkdir(files.folder, { recursive: true, mode: 0o700 })
  const record: VmRecord = { name, port, owner: keep ? null : processIdentity() }
  // Written first: whoever clears up behind a killed process finds what it had started by this.
  await writeFile(`${files.record}.new`, JSON.stringify(record))
  await rename(`${files.record}.new`, files.record)
  const disk = ['qemu-img', 'create', '-q', '-f', 'qcow2']
  await localCommand([...disk, '-b', image, '-F', 'qcow2', files.system])
  await localCommand([...disk, files.data, DATA_DISK])
  const complaints = await open(files.complaints, 'w')
  const qemu = spawn(findProgram(QEMU) ?? QEMU, qemuArguments(machine), {
    detached: true,
    stdio: ['ignore', complaints.fd, complaints.fd],
  })
  const ended = new Promise<'ended'>((resolve) =>
    qemu.once('error', () => resolve('ended')).once('exit', () => resolve('ended')),
  )
  qemu.unref()
  await complaints.close()
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if ((await Promise.race([ended, sleep(100)])) === 'ended') break
    if (await monitorAnswers(files)) return
  }
  throw new RunbookError(`QEMU did not start ${name}: ${(await readFile(files.complaints, 'utf8')).trim()}`, {
    code: 'E_TEST_HOST',
    remedy: 'Those are its own words; an old QEMU or a full disk are the usual causes.',
  })
}

export const QEMU = 'qemu-system-x86_64'

/** As by the reset button. */
export async function reset(files: VmFiles): Promise<void> {
  await command(files, 'system_reset')
}

/** The virtual machines of a set, by name, running or not. */
export async function machinesOf(set: string): Promise<readonly VmRecord[]> {
  const names = await readdir(vmsFolder(set)).catch(() => [])
  const records = names.toSorted().map(async (name) => {
    const text = await readFile(vmFiles(set, name).record, 'utf8').catch(() => '')
    return text === '' ? [] : [JSON.parse(text) as VmRecord]
  })
  return (await Promise.all(records)).flat()
}

/** Ends all virtual machines of a set and removes their files. Gives how many there were. */
export async function removeMachines(set: string): Promise<number> {
  const names = await readdir(vmsFolder(set)).catch(() => [])
  await Promise.all(names.map((name) => powerOff(vmFiles(set, name))))
  // Another process may be removing the same files.
  await rm(vmsFolder(set), { recursive: true, force: true, maxRetries: 5 })
  return names.length
}

/** Sets whose owner has died, and that hold virtual machines. */
export async function orphanedSets(): Promise<readonly string[]> {
  const sets = await readdir(setsFolder()).catch(() => [])
  const each = await Promise.all(
    sets.map(async (set) => {
      const records = await machinesOf(set)
      return records.some(({ owner }) => owner !== null && !isAlive(owner)) ? [set] : []
    }),
  )
  return each.flat()
}

/** Ends the process by its number, after a look that it is the QEMU of these files. */
async function powerOff(files: VmFiles): Promise<void> {
  for (const pid of await processesOf(files)) {
    const identity = processIdentity(pid)
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Somebody else ended it in the meantime.
    }
    for (let attempt = 0; attempt < 100 && isAlive(identity); attempt += 1) await sleep(50)
  }
}

async function processesOf(files: VmFiles): Promise<readonly number[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    numbers.map(async (number) => {
      const words = (await readFile(`/proc/${number}/cmdline`, 'utf8').catch(() => '')).split('\0')
      const its = words[0]?.endsWith(QEMU) && words.includes(`unix:${files.monitor},server=on,wait=off`)
      return its ? [Number(number)] : []
    }),
  )
  return found.flat()
}

const monitorAnswers = (files: VmFiles): Promise<boolean> =>
  command(files, 'query-status').then(
    () => true,
    () => false,
  )

async function command(files: VmFiles, execute: string): Promise<void> {
  const monitor = await jsonLines(files.monitor, '10s')
  try {
    await monitor.next((value) => 'QMP' in value)
    for (const each of ['qmp_capabilities', execute]) {
      monitor.send({ execute: each })
      const answer = await monitor.next((value) => 'return' in value || 'error' in value)
      if ('error' in answer) throw new Error(`${each}: ${JSON.stringify(answer.error)}`)
    }
  } finally {
    monitor.close()
  }
}
