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
})
