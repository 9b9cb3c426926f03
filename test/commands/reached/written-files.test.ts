import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { useReachedProject } from './reached-project.ts'

const MAIN = resolve(import.meta.dirname, '../../../src/main.ts')

/** Every kind of change that leaves something on a host, and a command that lists what is there meanwhile. */
const RUNBOOK = `import { defineRunbook, needed, satisfied, secretParameter, step } from 'runbook'
import { z } from 'zod'

const everything = ({ token }) => step({
  id: 'everything',
  check: async (host) => {
    const found = await host.read('/etc/modes/old')
    return found.text === 'new\\n' ? satisfied('done') : needed('do everything', { was: found.fingerprint })
  },
  apply: async (host, { was }) => {
    await host.write('/etc/modes/new', 'new\\n', { replacing: 'absent', readBy: 'some.service' })
    await host.write('/etc/modes/token', host.secret(token).reveal(), { replacing: 'absent' })
    await host.keep('/etc/modes/kept')
    await host.run\`/etc/modes/list\`
    await host.remove('/etc/modes/gone', { replacing: (await host.read('/etc/modes/gone')).fingerprint })
    await host.write('/etc/modes/old', 'new\\n', { replacing: was })
  },
  rollback: (host, { was }) => host.restore('/etc/modes/old', was),
  rescue: ['true'],
})

export default defineRunbook({
  name: 'everything',
  summary: 'Leave something of every kind',
  hosts: 'workers',
  params: z.object({ token: secretParameter(z.string()) }),
  steps: (params) => [everything(params)],
})
`

const PREPARE = `mkdir -m 700 /etc/modes; cd /etc/modes; echo kept >kept; echo gone >gone; echo old >old
chmod 640 old; chown 12:34 old; chmod 604 gone kept`

const project = useReachedProject({ prepareIn: () => PREPARE })

/** Modes of everything below some folders, as `find` says them: kind, mode, owner, path. */
const LIST = (folders: string) => `find ${folders} -mindepth 1 -printf '%y %m %U %p\\n' | sort -k4`

let meanwhile = ''
let afterwards = ''
let atLast = ''
let host = ''

beforeAll(async () => {
  const { folder, sshd } = project
  await project.write('runbooks/everything.ts', RUNBOOK)
  await project.write('token', 'Zebra77quartz\n', 0o600)
  const known = `${folder}/known/hosts`
  await project.inventory('lab', { 'w-1': { user: 'root', transport: 'openssh' } })
  await project.write(
    'inventory/anew.yaml',
    JSON.stringify({
      connection: { user: 'root', identity: sshd.connection.identityFiles, knownHosts: known, hostKeys: 'accept-new' },
      hosts: { 'w-1': { address: '127.0.0.1', port: sshd.connection.port } },
      groups: { workers: { hosts: ['w-1'] } },
    }),
  )
  await project.write('tmp/keep', '')
  await sshd.inside(
    `printf '#!/bin/sh\\n%s\\nmkdir /etc/modes/made; echo made >/etc/modes/made/file; echo newer >/etc/modes/kept\\n' ` +
      `"${LIST(`${folder}/state ${folder}/known ${folder}/tmp /var/lib/runbook`)} >/etc/modes/list.out" >/etc/modes/list; chmod 755 /etc/modes/list`,
  )
  // Whatever the operator's umask is.
  const runbook = (words: readonly string[]) =>
    promisify(execFile)('sh', ['-c', 'umask 0; exec "$0" "$@"', process.execPath, MAIN, ...words], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        XDG_STATE_HOME: `${folder}/state`,
        TMPDIR: `${folder}/tmp`,
      },
    })
  const token = ['-e', `token=file:${folder}/token`]
  await runbook(['plan', 'everything', '-i', 'anew', ...token])
  const { stderr } = await runbook(['run', 'everything', '-i', 'lab', '--yes', ...token])
  const list = async (folders: string) => (await sshd.inside(LIST(folders))).stdout
  meanwhile = (await sshd.inside('cat /etc/modes/list.out')).stdout
  afterwards = await list(`${folder}/state ${folder}/known ${folder}/tmp /var/lib/runbook`)
  host = await list('/etc/modes')
  const [, run = ''] = /^run (\w+): /m.exec(stderr) ?? []
  await runbook(['rollback', run, '--yes'])
  atLast = await list(`${folder}/state /var/lib/runbook`)
}, 60_000)

/** What is readable or more for anybody but its owner, or belongs to somebody else. */
const open = (listed: string): readonly string[] =>
  listed
    .trimEnd()
    .split('\n')
    .filter((line) => !/^(?:d 700|f 600|s 600) 0 /.test(line))
    .map((line) => line.replace(project.folder, 'PROJECT').replaceAll(/[0-9a-f]{16,}/g, 'HASH'))

it('everything that a run writes is its owner’s alone, on both sides, while it goes on and behind it', () => {
  const allowed = /^f 700 0 \/var\/lib\/runbook\/(?:guard-HASH|runs\/\w+\/undo)\.sh$/
  // Empty twins of files, in a folder of root alone: what they had beside their bytes.
  const twins = /^f (?:604|640) \d+ \/var\/lib\/runbook\/runs\/\w+\/kept\/like\.HASH$/
  const others = (listed: string) => open(listed).filter((line) => !allowed.test(line) && !twins.test(line))

  expect(others(meanwhile)).toEqual(['f 644 0 PROJECT/tmp/keep'])
  expect(others(afterwards)).toEqual(['f 644 0 PROJECT/tmp/keep'])
  expect(others(atLast)).toEqual([])
})

it('the list was made of everything there is', () => {
  const kinds = (listed: string) =>
    listed
      .replaceAll(project.folder, 'PROJECT')
      .replaceAll(/[0-9a-f]{16,}/g, 'HASH')
      .replaceAll(/-[0-9a-f]{6}\b/g, '-HASH')

  expect(kinds(meanwhile)).toMatch(/^s 600 0 PROJECT\/tmp\/runbook-0\//m)
  for (const path of ['PROJECT/known/hosts', 'journal.db', 'journal.db-wal']) {
    expect(kinds(meanwhile)).toMatch(new RegExp(`^f 600 0 PROJECT/(?:.*/)?${path.replace('PROJECT/', '')}$`, 'm'))
  }
  for (const path of ['owner', 'mutex', 'running', 'runs/\\w+/manifest', 'runs/\\w+/kept/HASH'])
    expect(kinds(meanwhile)).toMatch(new RegExp(`^f 600 0 /var/lib/runbook/${path}$`, 'm'))
  expect(kinds(atLast)).toMatch(/^f 600 0 PROJECT\/state\/.*\/bundles\/HASH\/everything\.ts$/m)
  for (const part of ['markers', 'output', 'stage']) {
    expect(kinds(meanwhile)).toMatch(new RegExp(`^f 600 0 /var/lib/runbook/runs/\\w+/${part}/`, 'm'))
  }
})

it('files of a step have the mode they had, the one asked for, or root’s alone where a secret is in them', () => {
  expect(host.replaceAll('/etc/modes/', '').trimEnd().split('\n')).toEqual([
    'f 604 0 kept',
    'f 755 0 list',
    'f 600 0 list.out',
    'd 700 0 made',
    'f 600 0 made/file',
    'f 644 0 new',
    'f 640 12 old',
    'f 600 0 token',
  ])
})
