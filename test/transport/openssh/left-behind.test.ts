import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSshTransport } from '../../../src/transport/transport.ts'
import { reveal, useSshd } from '../hosts/reach.ts'

const on = useSshd({ transport: 'openssh' })
const MORTAL = join(import.meta.dirname, 'mortal.ts')
let runtimeFolder: string

beforeEach(() => {
  runtimeFolder = mkdtempSync(join(tmpdir(), 'rb-'))
})
afterEach(() => {
  for (const pid of masters()) process.kill(Number(pid), 'SIGKILL')
  rmSync(runtimeFolder, { recursive: true, force: true })
})

describe('the system’s ssh', () => {
  test('has its sockets in a private folder, and leaves neither them nor a process nor a loss in the host’s log', async () => {
    const transport = createSshTransport({ reveal, runtimeFolder })
    const line = await transport.open({ name: 'hv-01', connection: on.sshd.connection }, { deadline: '20s' })
    const [own = ''] = readdirSync(runtimeFolder)
    const mode = statSync(join(runtimeFolder, own)).mode & 0o777

    await line.close()
    await transport.close()

    expect(mode).toBe(0o700)
    expect([readdirSync(runtimeFolder), masters()]).toEqual([[], []])
    await expect.poll(() => on.sshd.log()).toContain('disconnected by user')
  })

  test('says that a folder which others can write is not used', async () => {
    const open = join(runtimeFolder, 'open')
    mkdirSync(open)
    execFileSync('chmod', ['777', open])

    await expect(on.reach({}, { runtimeFolder: open })).rejects.toMatchObject({
      code: 'E_RUNTIME_FOLDER',
      message: expect.stringContaining(`${open} is not a folder of this user alone`),
    })
  })

  test('says that ssh is missing', async () => {
    await expect(on.reach({}, { runtimeFolder, environment: { PATH: runtimeFolder } })).rejects.toMatchObject({
      code: 'E_NO_SSH',
      stage: 'dial',
      retry: false,
    })
  })

  test('ends with the process that started it, even where that is killed', async () => {
    const mortal = await startMortal('/usr/bin:/bin')
    expect(masters()).toHaveLength(1)

    mortal.kill('SIGKILL')

    await expect.poll(masters).toEqual([])
  })

  test('is ended by the next process, with all that was left, where the system cannot end it', async () => {
    const bare = join(runtimeFolder, 'bin')
    mkdirSync(bare)
    symlinkSync('/usr/bin/ssh', join(bare, 'ssh'))
    const mortal = await startMortal(bare)
    const dead = new Promise((resolve) => mortal.once('exit', resolve))
    mortal.kill('SIGKILL')
    await dead
    expect(masters()).toHaveLength(1)

    await on.reach({}, { runtimeFolder: base() })

    expect([masters(), readdirSync(base())]).toEqual([[], []])
  })
})

const base = (): string => join(runtimeFolder, 'b')

/** Processes of ssh whose control socket is in the folder of this test. */
function masters(): readonly string[] {
  try {
    return execFileSync('pgrep', ['-f', `ssh .*-M .*${runtimeFolder}`], { encoding: 'utf8' })
      .trim()
      .split('\n')
  } catch {
    return []
  }
}

async function startMortal(path: string) {
  const words = [MORTAL, base(), path, JSON.stringify(on.sshd.connection)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}
