import { describe, expect, it } from 'vitest'

import { eventBody } from '../../src/journal/event-body.ts'
import { MASK } from '../../src/model/secret.ts'
import { intent, runRow } from './events.ts'

describe('the stored text of an event', () => {
  const hiding = (secret: string) => (text: string) => text.replaceAll(secret, MASK)

  it('has every string redacted, however deep', () => {
    const event = intent('r1', 'hv-01', 1, { lines: ['password=hunter2', { deep: 'hunter2' }], count: 2 })

    const body = eventBody(event, hiding('hunter2'))

    expect(JSON.parse(body).found).toEqual({ lines: [`password=${MASK}`, { deep: MASK }], count: 2 })
  })

  it('keeps the names by which rows are found again', () => {
    const event = intent('r1', 'hv-01', 1, 'on hv-01')

    const body = eventBody(event, hiding('hv-01'))

    expect(JSON.parse(body)).toMatchObject({ host: 'hv-01', found: `on ${MASK}` })
  })

  it('keeps the hosts of a run, from which a resume goes on', () => {
    const body = eventBody({ ...runRow('r1', ['hv-01']), reason: 'for hv-01' }, hiding('hv-01'))

    expect(JSON.parse(body)).toMatchObject({ hosts: [{ name: 'hv-01' }], reason: `for ${MASK}` })
  })

  it('keeps all that names the row itself, also where a secret equals it', () => {
    const names = { ...runRow('r1', []), inventory: 'hunter2', bundle: 'hunter2' }

    const body = eventBody(names, () => 'redacted')

    expect(JSON.parse(body)).toMatchObject({ type: 'run', run: 'r1', bundle: 'hunter2', inventory: 'redacted' })
  })

  it('keeps a fingerprint in which a short secret occurs by chance', () => {
    const fingerprint = `sha256:${'a'.repeat(60)}1234`
    const bootId = '12340000-0000-4000-8000-000000000000'

    const body = eventBody(intent('r1', 'hv-01', 1, { fingerprint, bootId, text: 'pin 1234' }), hiding('1234'))

    expect(JSON.parse(body).found).toEqual({ fingerprint, bootId, text: `pin ${MASK}` })
  })

  it('redacts a secret that looks like an identifier', () => {
    const secret = 'deadbeefdeadbeef'

    const body = eventBody(intent('r1', 'hv-01', 1, { token: secret }), hiding(secret))

    expect(JSON.parse(body).found).toEqual({ token: MASK })
  })

  it.each([
    ['a hash', 'ab12'.repeat(16)],
    ['a fingerprint', `sha256:${'ab12'.repeat(16)}`],
    ['a boot id', '0123ab12-0123-0123-0123-0123456789ab'],
    ['a token', 'ab12'.padStart(16, '0')],
  ])('keeps %s in which a short secret occurs, and nothing around it', (_what, identifier) => {
    const found = { alone: identifier, before: `x${identifier}`, behind: `${identifier}x` }

    const kept = JSON.parse(eventBody(intent('r1', 'hv-01', 1, found), (text) => text.replace('ab12', MASK))).found

    const without = identifier.replace('ab12', MASK)
    expect(kept).toEqual({ alone: identifier, before: `x${without}`, behind: `${without}x` })
  })

  it('keeps an identifier only while the greater part of it would stay', () => {
    const token = '0123456789abcdef'

    const kept = ['01234567', '0123456'].map((secret) => {
      const body = eventBody(intent('r1', 'hv-01', 1, { token }), hiding(secret))
      return JSON.parse(body).found.token
    })

    expect(kept).toEqual([`${MASK}89abcdef`, token])
  })

  it('keeps what is no text as it is', () => {
    const found = { none: null, yes: true, many: [1, 2.5], deep: { none: null } }

    const body = eventBody(intent('r1', 'hv-01', 1, found), () => 'redacted')

    expect(JSON.parse(body).found).toEqual(found)
  })

  it('keeps the host that an event is about, wherever it is named', () => {
    const body = eventBody(intent('r1', 'hv-01', 1, { only: 'hv-01', other: 'hv-02' }), () => 'redacted')

    expect(JSON.parse(body)).toMatchObject({
      type: 'intent',
      run: 'r1',
      step: 'kernel-arguments',
      act: 'apply',
      found: { only: 'hv-01', other: 'redacted' },
    })
  })
})
