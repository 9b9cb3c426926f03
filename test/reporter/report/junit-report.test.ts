import { describe, expect, it } from 'vitest'

import { readXml, type XmlElement } from '../../../src/library/formats/libvirt/read-xml.ts'
import { junitReport } from '../../../src/reporter/report/junit-report.ts'
import type { RunView } from '../../../src/reporter/report/run-view.ts'
import { begun, planned, plannedStep, released } from '../../engine/rows.ts'
import { FAILING, viewOf } from './told.ts'

/** Parsed back. Without what XML 1.0 forbids and a lenient reader lets pass. */
function parsed(view: RunView): XmlElement {
  const text = junitReport(view)
  expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}|\]\]>/u)
  const root = readXml(text)
  if (!root) throw new Error(`no XML: ${text}`)
  return root
}

const attributes = (element: XmlElement | undefined): object => Object.fromEntries(element?.attributes ?? [])

/** Each case with what became of it. */
const told = (view: RunView) =>
  parsed(view).children.flatMap((suite) =>
    suite.children.map((one) => [
      one.attributes.get('classname'),
      one.attributes.get('name'),
      ...one.children.map(({ name }) => name),
    ]),
  )

describe('a run as JUnit XML', () => {
  it('has a suite for each host and a case for each step', () => {
    expect(told(viewOf(...FAILING))).toEqual([
      ['toy.hv-01', 'tuned'],
      ['toy.hv-01', 'checked'],
      ['toy.hv-02', 'tuned'],
      ['toy.hv-02', 'checked'],
      ['toy.hv-03', 'tuned', 'failure', 'system-out'],
      ['toy.hv-03', 'checked', 'skipped'],
      ['toy.hv-04', 'the host', 'error'],
    ])
  })

  it('counts as its parts do, with times in seconds', () => {
    const root = parsed(viewOf(...FAILING))

    expect(attributes(root)).toEqual({
      name: 'toy, run r1',
      tests: '7',
      failures: '1',
      errors: '1',
      skipped: '1',
      time: '64.000',
    })
    expect(attributes(root.children[2])).toEqual({
      name: 'hv-03',
      hostname: 'hv-03',
      timestamp: '1970-01-01T00:00:01',
      tests: '2',
      failures: '1',
      errors: '0',
      skipped: '1',
      time: '61.000',
    })
  })

  it('gives back what a hostile host said, its control characters spelt out', () => {
    const [failure, output] = parsed(viewOf(...FAILING)).children[2]?.children[0]?.children ?? []

    const said =
      '<script>alert(1)</script> ^[[2J^[]0;owned^G ]]> &amp; "\' </system-out> `@team` ```\n![x](http://203.0.113.9/) | \\| \\u202etxt \ufffd \ufffd'
    expect(output?.text).toBe(said)
    expect(failure?.text).toBe(`tune exited 3: ${said}`)
    expect(attributes(failure)).toEqual({
      type: 'E_COMMAND_FAILED',
      message: `tune exited 3: ${said.replace('\n', ' ')}`,
    })
  })

  it.each([
    ['a step whose end was not seen', [planned({}), begun('tuned')], ['toy.hv-01', 'tuned', 'error']],
    ['a host that was not asked', [], ['toy.hv-01', 'the host', 'skipped']],
    ['a host that is blocked', [planned({ state: 'blocked', text: 'no' })], ['toy.hv-01', 'the host', 'failure']],
    [
      'a host with nothing to do',
      [planned({ state: 'satisfied', steps: [plannedStep('tuned', 'satisfied')] })],
      ['toy.hv-01', 'tuned'],
    ],
    ['a host that owes', [begun('fence', { act: 'enter' }), released('changed')], ['toy.hv-01', 'fence', 'error']],
  ] as const)('tells %s', (_what, events, expected) => {
    expect(told(viewOf(['hv-01'], ...events))).toEqual([expected])
  })
})
