import { describe, expect, it } from 'vitest'

import { speakOfAll } from '../../../src/reporter/wording/speak-of-all.ts'

describe('what is said of one host', () => {
  it.each([
    ['hv-1: no route to hv-1', 'no route to the host'],
    ['hv-10 is not hv-1.', 'hv-10 is not the host.'],
    ['hv-1.lab and my-hv-1 are others', 'hv-1.lab and my-hv-1 are others'],
    ['runbook resume x --limit hv-1', "runbook resume x --limit 'hv-[1-3]'"],
  ])('"%s" is of several "%s"', (text, expected) => {
    const said = speakOfAll({ text }, 'hv-1', ['hv-1', 'hv-2', 'hv-3'])

    expect(said).toEqual({ text: expected })
  })

  it('leaves everything but sentences alone', () => {
    const data = { host: 'text', code: 'text', text: 'text is busy', steps: [{ step: 'text', text: 'of text' }] }

    const said = speakOfAll(data, 'text', ['text', 'other'])

    expect(said).toEqual({
      host: 'text',
      code: 'text',
      text: 'the host is busy',
      steps: [{ step: 'text', text: 'of the host' }],
    })
  })
})
