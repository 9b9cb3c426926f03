import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { askProgram } from '../../../src/inventory/ansible/sources/ask-program.ts'
import { loadInventory } from '../../../src/inventory/find-inventory.ts'
import { UsageError } from '../../../src/model/errors.ts'
import { temporaryFolder } from './both.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder.path, 'inventory'))
})
afterEach(() => folder[Symbol.asyncDispose]())

const program = async (text: string, mode = 0o755): Promise<string> => {
  const path = join(folder.path, 'inventory/prod')
  await writeFile(path, `#!/bin/sh\n${text}\n`)
  await chmod(path, mode)
  return path
}
const load = () => loadInventory('prod', folder.path)

describe('an inventory program', () => {
  it('is given its words as arguments, and says what its hosts are', async () => {
    await program('echo "{\\"g\\": [\\"h\\"], \\"_meta\\": {\\"hostvars\\": {\\"h\\": {\\"said\\": \\"$#:$1\\"}}}}"')

    const { hosts } = await load()

    expect(hosts.get('h')?.vars).toEqual({ said: '1:--list' })
  })

  it('is asked for each host only where it has no _meta', async () => {
    await program('case $1 in --list) echo \'{"g": ["a", "b"]}\' ;; *) echo "{\\"asked\\": \\"$2\\"}" ;; esac')

    const { hosts } = await load()

    expect([...hosts.values()].map(({ vars }) => vars)).toEqual([{ asked: 'a' }, { asked: 'b' }])
  })

  it.each([
    ['fails', 'echo half; echo "no such cloud" >&2; exit 3', /ended with exit code 3\. It said:\nno such cloud/],
    ['fails silently', 'exit 3', /ended with exit code 3\. It said nothing on stderr\./],
    ['is killed', 'kill -9 $$', /ended with SIGKILL/],
    ['prints no JSON', 'echo "warning: old"; echo "{}"', /inventory\/prod: what it prints for --list is no JSON/],
    ['prints a list', 'echo "[]"', /inventory\/prod: an inventory program prints a map of groups/],
    ['has no hosts', 'echo "{}"', /there are no hosts in it/],
    [
      'names hosts that cannot be ones',
      'echo \'{"g": ["-oProxyCommand=x", "a b"]}\'',
      /"-oProxyCommand=x" cannot be the name of a host\ninventory\/prod: "a b" cannot/,
    ],
  ])('that %s is refused', async (_what, text, message) => {
    await program(text)

    const loading = load()

    await expect(loading).rejects.toBeInstanceOf(UsageError)
    await expect(loading).rejects.toThrow(message)
  })

  it('is ended when it takes too long, whatever it has started', async () => {
    const path = await program('echo waiting >&2; sleep 3 & wait')

    const running = askProgram([path, '--list'], { limit: '0.3s' })

    await expect(running).rejects.toThrow('prod --list has not answered within 0.3s. It said:\nwaiting')
  })

  it('is ended when it prints without end', async () => {
    const path = await program('yes')

    const running = askProgram([path, '--list'], { megabytes: 1 })

    await expect(running).rejects.toThrow('prod --list printed more than 1 MB')
  })

  it('is not run when everybody may write it, or nobody may run it', async () => {
    await program('touch ran', 0o777)
    const trusted = load()
    await expect(trusted).rejects.toThrow('inventory/prod: everybody may write this file, so it is not trusted.')

    await program('touch ran', 0o644)

    await expect(load()).rejects.toThrow('inventory/prod:1: it begins as a program does, but may not be run')
  })

  it('is not what a text with the mode of a program is', async () => {
    await writeFile(join(folder.path, 'inventory/prod'), '[web]\nh x=1\n', { mode: 0o755 })

    const { hosts } = await load()

    expect(hosts.get('h')?.vars).toEqual({ x: 1 })
  })
})

describe('a typed inventory', () => {
  const typed = (text: string) => writeFile(join(folder.path, 'inventory/prod.ts'), text, { mode: 0o644 })

  it('is what a file exports, with the rules of the written form', async () => {
    await typed("const n: number = 2\nexport default { hosts: { 'h-[1-2]': { vars: { n } } }, vars: { x: 1 } }\n")

    const { hosts } = await load()

    expect([...hosts.values()].map(({ name, vars }) => [name, vars])).toEqual([
      ['h-1', { x: 1, n: 2 }],
      ['h-2', { x: 1, n: 2 }],
    ])
  })

  it('may be a function', async () => {
    await typed('export default async () => ({ hosts: { h: {} } })\n')

    const { hosts } = await load()

    expect([...hosts.keys()]).toEqual(['h'])
  })

  it.each([
    ['exports nothing', 'export const x = 1\n', 'inventory/prod.ts: it has no inventory as default export'],
    ['throws', "throw new Error('no cloud')\n", 'inventory/prod.ts: no cloud'],
    ['has a fault', 'export default { hosts: { h: { prot: 1 } } }\n', 'inventory/prod.ts: unknown key "prot"'],
  ])('that %s is refused', async (_what, text, message) => {
    await typed(text)

    const loading = load()

    await expect(loading).rejects.toThrow(message)
  })
})
