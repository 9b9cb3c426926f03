import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { useReachedProject } from '../commands/reached/reached-project.ts'

const MAIN = resolve(import.meta.dirname, '../../src/main.ts')
const LISTENS = '0A'
const ESTABLISHED = '01'

/** States of the network sockets of a process, as the kernel numbers them. */
function socketsOf(pid: number): readonly string[] {
  const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? []
    return inode === undefined ? [] : [inode]
  })
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([, , , state = '', , , , , , inode = '']) => (inodes.includes(inode) ? [state] : [])),
  )
}

describe('a process that works on hosts', () => {
  const project = useReachedProject()

  it('has lines to them, and listens nowhere', async () => {
    await project.inventory('fleet', { 'w-1': {} })
    const { PATH = '', HOME = '' } = process.env
    const env = { PATH, HOME, XDG_STATE_HOME: join(project.folder, 'state') }
    const held = join(project.sshd.folder, 'held')
    const words = [MAIN, 'ask', 'all', `touch ${held}; while [ -e ${held} ]; do sleep 0.1; done`, '-i', 'fleet']
    const child = spawn(process.execPath, words, { cwd: project.folder, env, stdio: 'ignore' })
    const ended = once(child, 'exit')
    await expect.poll(async () => (await project.sshd.inside(`ls ${held}`)).exitCode, { timeout: 20_000 }).toBe(0)

    const states = socketsOf(child.pid ?? 0)
    await project.sshd.inside(`rm ${held}`)

    expect(states).toContain(ESTABLISHED)
    expect(states).not.toContain(LISTENS)
    expect(await ended).toEqual([0, null])
  })
})
