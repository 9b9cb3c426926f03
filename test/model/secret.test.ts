import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { MASK, SECRET_REFERENCE, secret, secretParameter } from '../../src/model/secret.ts'

/** Both doors through which a reference comes. */
const isReference = (text: string) => [SECRET_REFERENCE.test(text), secretParameter(z.string()).safeParse(text).success]

describe('a secret', () => {
  it('prints as a mask wherever it is put, and gives its value to who asks for it', () => {
    const one = secret('hunter2', 'env:SUDO')

    expect([`${one}`, String([one]), inspect(one), inspect({ one })]).toEqual([MASK, MASK, MASK, `{ one: ${MASK} }`])
    expect(one.reveal()).toBe('hunter2')
  })

  it('refuses to become JSON, however deep it lies', () => {
    expect(() => JSON.stringify({ deep: [secret('hunter2', 'env:SUDO')] })).toThrow(
      new TypeError('a secret (env:SUDO) cannot be stored; store its reference'),
    )
  })

  it.each([
    'env:SUDO_1',
    'env:_x',
    'file:/etc/runbook/sudo',
    'file:~/sudo',
    'age:/etc/key.age,identity=/root/id',
    'prompt:Password of sudo',
    'command:pass show sudo',
  ])('is named by %s', (reference) => {
    expect(isReference(reference)).toEqual([true, true])
  })

  it.each([
    'hunter2',
    'env:',
    'env:1SUDO',
    'env:SUDO-1',
    ' env:SUDO',
    'env:SUDO ',
    'file:sudo',
    'file:/',
    'file:/a\nb',
    'prompt:',
    'prompt: Password',
    'command:pass\nshow',
    'vault:/a',
  ])('is not named by %j', (reference) => {
    expect(isReference(reference)).toEqual([false, false])
  })

  it('is wanted by its reference where it is a parameter, and the schema says that it is one', () => {
    const schema = secretParameter(z.string())

    expect(schema.safeParse('env:SUDO').success).toBe(true)
    expect(schema.safeParse('hunter2').error?.issues).toMatchObject([
      { message: 'it must be a reference such as env:NAME, file:/path, prompt:WORDS or command:pass show NAME' },
    ])
    expect(schema.meta()).toEqual({ secret: true })
  })
})
