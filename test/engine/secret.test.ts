import { describe, expect, it } from 'vitest'
import { needed, satisfied } from '../../src/model/check.ts'
import { type Command, sh } from '../../src/model/command.ts'
import { step } from '../../src/model/step.ts'
import { fakeHost, runOn, textOf } from '../../src/testing.ts'
import { toyRunbook } from './toy.ts'

const TOKEN = "it's secret"
const secrets = { 'env:TOKEN': TOKEN }

const tokenWritten = (command: (token: string) => Command) =>
  step({
    id: 'token-written',
    async check(host) {
      const { text, fingerprint } = await host.read('/etc/token')
      return text === host.secret('env:TOKEN').reveal() ? satisfied('it is') : needed('write it', fingerprint)
    },
    async apply(host, found) {
      const token = host.secret('env:TOKEN').reveal()
      await host.run(command(token))
      await host.write('/etc/token', token, { replacing: found, mode: '0600' })
    },
  })

const runWith = async (command: (token: string) => Command) => {
  const host = fakeHost({ commands: [[/^(true|echo)/, '']] })
  const { report } = await runOn(toyRunbook([tokenWritten(command)]), {}, [host], { secrets })
  return { host, result: report.hosts[0] }
}

describe('a step with a secret', () => {
  it('writes it into a file', async () => {
    const { host, result } = await runWith(() => sh`true`)

    expect(result?.result).toBe('changed')
    expect(textOf(host, '/etc/token')).toBe(TOKEN)
  })

  it('writes it into a new file for its owner alone, also when no mode was thought of', async () => {
    const forgetful = step({
      id: 'token-written',
      check: async (host) =>
        (await host.read('/etc/token')).state === 'present' ? satisfied('it is') : needed('write', null),
      async apply(host) {
        const token = host.secret('env:TOKEN').reveal()
        await host.write('/etc/plain', 'no secret\n', { replacing: 'absent' })
        await host.write('/etc/token', `token=${token}\n`, { replacing: 'absent' })
      },
    })
    const host = fakeHost({})

    await runOn(toyRunbook([forgetful]), {}, [host], { secrets })

    const modes = ['/etc/plain', '/etc/token'].map((path) => host.files.get(path)?.mode)
    expect(modes).toEqual(['0644', '0600'])
  })

  it.each<[string, (token: string) => Command]>([
    ['as a word', (token) => sh`echo ${token}`],
    ['within a word', (token) => sh`echo ${`--token=${token}`}`],
    ['as it is', (token) => ({ kind: 'command', text: `echo "${token}"` })],
  ])('never puts it on a command line, %s', async (_how, command) => {
    const { host, result } = await runWith(command)

    expect(result).toMatchObject({ result: 'failed', code: 'E_SECRET_IN_COMMAND' })
    expect(result?.text).not.toContain(TOKEN)
    expect(textOf(host, '/etc/token')).toBeNull()
  })
})
