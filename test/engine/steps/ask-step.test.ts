import { describe, expect, it } from 'vitest'

import { askStep } from '../../../src/engine/steps/ask-step.ts'
import { HostUnreachable, Interrupted, NotOwner } from '../../../src/model/errors.ts'
import type { Probe } from '../../../src/model/probe.ts'
import { step } from '../../../src/model/step.ts'

/** What a step answers whose check throws this. The host is never asked. */
const answering = (error: unknown) =>
  askStep(step<null>({ id: 'one', check: () => Promise.reject(error), apply: async () => {} }), {} as Probe, new Set())

describe('a check that throws', () => {
  it.each([
    ['that nobody answers', new HostUnreachable('no answer', { stage: 'lost', retry: true })],
    ['that the operator ended it', new Interrupted('ended by the operator')],
    ['that another run owns the host', new NotOwner('owned by another run')],
  ])('%s does not block its host: that is no answer of it', async (_what, error) => {
    await expect(answering(error)).rejects.toBe(error)
  })

  it('what it should not is a defect, told with its place where it has one', async () => {
    expect(await answering(new TypeError('oops'))).toMatchObject({
      code: 'E_CHECK_FAILED',
      because: expect.stringMatching(/^the check of one failed: TypeError: oops\n\s+at /),
    })
    expect(await answering('just words')).toMatchObject({ because: 'the check of one failed: just words' })
  })
})
