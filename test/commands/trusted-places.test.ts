import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { chooseHosts } from '../../src/commands/conduct/choose-hosts.ts'
import { readVars } from '../../src/commands/conduct/read-vars.ts'
import { findProject } from '../../src/commands/project/find-project.ts'
import { reachHosts } from '../../src/commands/reaching/reach-hosts.ts'
import { makeStateFolder } from '../../src/commands/state-folder.ts'
import { loadInventory } from '../../src/inventory/find-inventory.ts'
import { foreignOwners, refuseOpenFile } from '../../src/inventory/trusted-place.ts'
import type { UsageError } from '../../src/model/errors.ts'

const NOBODY = 65_534

let folder: string
const at = (path: string) => join(folder, path)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-trusted-'))
  for (const path of ['runbooks', 'inventory', 'below']) await mkdir(at(path), { recursive: true })
  await put('inventory/lab', '[all]\nhv-01\n')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const put = (path: string, text: string) => writeFile(at(path), text, { mode: 0o644 })

/** What is refused, and what is to be typed. */
async function refusal(doing: Promise<unknown> | (() => unknown)): Promise<string> {
  const error = await Promise.resolve()
    .then(() => (typeof doing === 'function' ? doing() : doing))
    .then(() => null)
    // Nothing but UsageErrors comes out of these, and anything else fails the comparison.
    .catch((caught: UsageError) => caught)
  return error === null ? 'trusted' : `${error.message} → ${error.remedy}`
}
const folderRefused = (path: string) =>
  `${path}: everybody may write this folder, so nothing in it is trusted → chmod o-w ${path}`

describe('what everybody may write is not trusted', () => {
  it.each([
    ['.', 0o777],
    ['.', 0o1777],
    ['runbooks', 0o1777],
    ['inventory', 0o757],
  ])('a project whose folder %s has mode %o, from below it too', async (path, mode) => {
    await chmod(at(path), mode)

    expect(await refusal(findProject(at('below')))).toBe(folderRefused(join(folder, path)))
  })

  it('a file with variables', async () => {
    await put('vars.yaml', 'size: 4\n')
    await chmod(at('vars.yaml'), 0o666)

    expect(await refusal(readVars(['vars.yaml'], folder))).toContain(
      `--vars vars.yaml: everybody may write this file, so it is not trusted. Type: chmod o-w ${at('vars.yaml')}`,
    )
  })

  it('a file that names hosts', async () => {
    await put('failed', 'hv-01\n')
    const inventory = await loadInventory('lab', folder)
    const choose = () => chooseHosts(inventory, 'all', { limit: '@failed' }, folder)
    expect(choose()).toHaveLength(1)
    await chmod(at('failed'), 0o666)

    expect(await refusal(choose)).toContain(
      `@failed: everybody may write this file, so it is not trusted. Type: chmod o-w ${at('failed')}`,
    )
  })

  it('an ssh_config that the inventory names, before ssh reads it', async () => {
    await put('ssh_config', `Match exec "touch ${at('ran')}"\n  User other\n`)
    await put('inventory/own.yaml', 'connection: { sshConfig: ../ssh_config }\nhosts: { hv-01: {} }\n')
    const inventory = await loadInventory('own', folder)
    await chmod(at('ssh_config'), 0o666)

    const reaching = reachHosts(inventory, 'all', {}, { folder, environment: process.env })

    const path = at('ssh_config')
    expect(await refusal(reaching)).toBe(
      `${path}: everybody may write this file, so it is not trusted → chmod o-w ${path}`,
    )
    expect(existsSync(at('ran'))).toBe(false)
  })

  it.each(['inventory/group_vars', 'inventory'])(
    'variables beside an inventory when the mode of %s lets them in',
    async (path) => {
      await mkdir(at('inventory/group_vars'))
      await put('inventory/group_vars/all.yml', 'ansible_user: ops\n')
      expect(await refusal(loadInventory('lab', folder))).toBe('trusted')
      await chmod(at(path), 0o1777)

      expect(await refusal(loadInventory('lab', folder))).toBe(folderRefused(at(path)))
    },
  )

  it('a file in a folder where everybody may put another in its place', async () => {
    await put('vars.yaml', 'size: 4\n')
    await chmod(folder, 0o777)

    expect(await refusal(() => refuseOpenFile(at('vars.yaml'), 'vars.yaml'))).toBe(
      `vars.yaml: everybody may put another file in its place, so it is not trusted → chmod o-w ${folder}, or move the file into a folder of your own`,
    )
  })
})

describe('a state folder', () => {
  it('of another user is refused', async () => {
    await chown(at('below'), NOBODY, NOBODY)

    expect(await refusal(makeStateFolder(at('below')))).toBe(
      `the state folder ${at('below')} belongs to another user → Set XDG_STATE_HOME to a folder of your own.`,
    )
  })
})

describe('what others own or may read is trusted', () => {
  it('but said, where they are neither root nor who runs this: they decide what it does', async () => {
    await put('runbooks/tuned.ts', '')
    for (const path of ['inventory/lab', 'runbooks/tuned.ts']) await chown(at(path), NOBODY, NOBODY)

    const notes = foreignOwners([at('runbooks/tuned.ts'), at('inventory/lab'), folder], (path) => path)

    const can = `to user ${NOBODY}, who can change what is done to hosts`
    expect(notes).toEqual([`${at('runbooks/tuned.ts')} and 1 more beside it belong ${can}`])
    expect((await loadInventory('lab', folder)).notes).toEqual([`inventory/lab belongs ${can}`])
  })

  it('an own file in a folder as /tmp is', async () => {
    await put('vars.yaml', 'size: 4\n')
    await chmod(folder, 0o1777)

    expect(await readVars(['vars.yaml'], folder)).toEqual([{ file: 'vars.yaml', values: { size: 4 } }])
  })

  it('a checkout that its group may write, below a folder as /tmp is', async () => {
    for (const path of ['.', 'runbooks', 'inventory']) await chmod(at(path), 0o775)

    expect(await findProject(at('below'))).toMatchObject({ folder })
  })
})
