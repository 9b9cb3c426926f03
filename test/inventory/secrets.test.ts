import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { fromCommand } from '../../src/inventory/secrets/from-command.ts'
import { type SecretSources, secretsFrom } from '../../src/inventory/secrets/secrets.ts'
import { UsageError } from '../../src/model/errors.ts'

const nobody: SecretSources['ask'] = async () => null

describe('a secret by its reference', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runbook-secret-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const write = async (name: string, text: string | Uint8Array, mode = 0o600): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, text)
    await chmod(path, mode)
    return path
  }
  const file = async (text: string, mode = 0o600) => `file:${await write('secret', text, mode)}`
  const program = async (text: string) => `command:${await write('program', `#!/bin/sh\n${text}\n`, 0o755)}`
  const obtain = async (reference: string, more: Partial<SecretSources> = {}): Promise<string> => {
    const environment = { EMPTY: '', PATH: '/usr/bin:/bin' }
    return (await secretsFrom({ environment, ask: nobody, ...more }).obtain(reference)).reveal()
  }
  const refusal = async (reference: string, more: Partial<SecretSources> = {}): Promise<string> => {
    const error = await obtain(reference, more).catch((error: unknown) => error)
    if (error instanceof UsageError) return error.message
    throw new Error(`${reference} was not refused`)
  }

  it('comes from the environment', async () => {
    const revealed = secretsFrom({ environment: { SUDO: 'hunter2 ' }, ask: nobody }).reveal('env:SUDO')

    expect(revealed.reveal()).toBe('hunter2 ')
    expect(revealed.reference).toBe('env:SUDO')
  })

  it('comes from a file, without the end of its last line', async () => {
    expect(await obtain(await file('hunter2\n\n'))).toBe('hunter2\n')
  })

  it.each(['env:NONE', 'env:EMPTY'])('is asked for when %s is missing', async (reference) => {
    expect(await refusal(reference)).toContain(`the secret ${reference} is missing`)
  })

  it.each([0o640, 0o604, 0o660])('is refused from a file of mode %o', async (mode) => {
    expect(await refusal(await file('hunter2', mode))).toContain('others may read it. Type: chmod 600')
  })

  it.each([
    ['a missing file', () => `file:${folder}/none`, /ENOENT/],
    ['a folder', () => `file:${folder}`, /no regular file/],
    ['an empty file', () => file('\n'), /it is empty/],
    ['a huge file', () => file('x'.repeat(70_000)), /larger than 65536 bytes/],
  ])('is refused from %s', async (_what, reference, message) => {
    expect(await refusal(await reference())).toMatch(message)
  })

  it('is not repeated when somebody wrote it in place of its reference', async () => {
    expect(await refusal('hunter2')).toMatch(/^a secret must be given as a reference: env:NAME, file:/)
  })

  describe('that a person types', () => {
    it('is asked for once', async () => {
      const asked: string[] = []
      const ask = async (question: string) => {
        asked.push(question)
        return 'hunter2'
      }
      const secrets = secretsFrom({ environment: {}, ask })

      const [first, second] = await Promise.all(['prompt:sudo password', 'prompt:sudo password'].map(secrets.obtain))

      expect([first?.reveal(), second?.reveal(), secrets.reveal('prompt:sudo password').reveal()]).toEqual(
        Array(3).fill('hunter2'),
      )
      expect(asked).toEqual(['sudo password: '])
    })

    it('is missing where nobody can be asked', async () => {
      expect(await refusal('prompt:sudo password')).toContain(
        'the secret prompt:sudo password has to be typed at a terminal, and nobody can be asked here',
      )
    })

    it('is missing where nothing was typed', async () => {
      expect(await refusal('prompt:word', { ask: async () => '' })).toContain('nothing was typed')
    })
  })

  describe('that a program prints', () => {
    it('is what it prints on stdout, and no shell reads its words', async () => {
      const reference = await program(`echo noise >&2; printf '%s|' "$@"; echo`)

      expect(await obtain(`${reference} show 'my hosts/sudo' $HOME *`)).toBe('show|my hosts/sudo|$HOME|*|')
    })

    it('knows the environment of the operator', async () => {
      const environment = { VAULT_ADDR: 'https://vault' }

      expect(await obtain(await program('echo $VAULT_ADDR'), { environment })).toBe('https://vault')
    })

    it.each([
      ['fails', 'echo half of it; echo cannot open half of it >&2; exit 3', /it ended with 3: cannot open ‹secret›$/],
      ['prints nothing', 'exit 0', /it printed nothing$/],
      [
        'prints without end',
        'while :; do echo 0123456789012345678901234567890123456789; done',
        /more than 65536 bytes$/,
      ],
    ])('is missing where it %s', async (_what, text, message) => {
      expect(await refusal(await program(text))).toMatch(message)
    })

    it('is missing where it gives no answer in time', async () => {
      const words = (await program('sleep 60')).replace('command:', '')

      await expect(fromCommand(words, { PATH: '/usr/bin:/bin' }, '0.1s')).rejects.toThrow(
        'it gave no answer within 0.1s',
      )
    })

    it('is missing where there is no such program', async () => {
      expect(await refusal('command:no-such-program show')).toContain('no-such-program cannot be started')
    })

    it('is missing where a quote is not closed', async () => {
      expect(await refusal(`command:pass show 'hv`)).toContain('a quote is not closed')
    })
  })

  describe('in a file that age encrypted', () => {
    const sealedWith = async (prepare: (encrypter: Encrypter) => void): Promise<Uint8Array> => {
      const encrypter = new Encrypter()
      prepare(encrypter)
      return encrypter.encrypt('hunter2\n')
    }

    it.each(['bare', 'armoured'])('opens with an identity file, %s', async (shape) => {
      const identity = await generateX25519Identity()
      const recipient = await identityToRecipient(identity)
      const sealed = await sealedWith((encrypter) => encrypter.addRecipient(recipient))
      const path = await write('secret.age', shape === 'bare' ? sealed : armor.encode(sealed), 0o644)
      const keys = await write('keys.txt', `# public key: ${recipient}\n${identity}\n`)

      expect(await obtain(`age:${path},identity=${keys}`)).toBe('hunter2')
    })

    it('opens with a passphrase that a person types', async () => {
      const sealed = await sealedWith((encrypter) => {
        encrypter.setPassphrase('open sesame')
        encrypter.setScryptWorkFactor(10)
      })
      const path = await write('secret.age', sealed)

      expect(await obtain(`age:${path}`, { ask: async () => 'open sesame' })).toBe('hunter2')
      expect(await refusal(`age:${path}`, { ask: async () => 'open barley' })).toContain(
        'it does not open with this passphrase',
      )
      expect(await refusal(`age:${path}`)).toContain('nobody can be asked here')
    })

    it('is refused with an identity that others may read, with another one, and where it is none', async () => {
      const [own, other] = [await generateX25519Identity(), await generateX25519Identity()]
      const recipient = await identityToRecipient(own)
      const path = await write('secret.age', await sealedWith((encrypter) => encrypter.addRecipient(recipient)))

      expect(await refusal(`age:${path},identity=${await write('open', own, 0o644)}`)).toContain('others may read it')
      expect(await refusal(`age:${path},identity=${await write('other', other)}`)).toContain('it does not open with')
      expect(await refusal(`age:${path},identity=${await write('none', 'text')}`)).toContain('no line of it begins')
    })
  })
})
