import { describe, expect, it } from 'vitest'

import { checkLeaseCovers } from '../../src/journal/lease.ts'
import { draft } from '../../src/journal/row.ts'
import { intent, pause } from './events.ts'

describe('a lease', () => {
  const lease = { run: 'r1', host: 'hv-01', token: 1 }
  const ofHost = (run: string, host: string) => draft(intent(run, host, 1), (text) => text)
  const ofRun = (run: string) => draft(pause(run), (text) => text)

  it('covers rows of its host and of its run as a whole', () => {
    expect(() => checkLeaseCovers([ofHost('r1', 'hv-01'), ofRun('r1')], lease)).not.toThrow()
  })

  it.each([
    ['another host', ofHost('r1', 'hv-02'), 'r1/hv-02'],
    ['the same host in another run', ofHost('r2', 'hv-01'), 'r2/hv-01'],
    ['another run as a whole', ofRun('r2'), 'r2/'],
  ])('covers no row of %s', (_whose, foreign, name) => {
    const write = () => checkLeaseCovers([ofHost('r1', 'hv-01'), foreign], lease)

    expect(write).toThrow(new TypeError(`the lease of r1/hv-01 cannot write a row of ${name}`))
  })

  it('names the first of the rows that it does not cover', () => {
    const write = () => checkLeaseCovers([ofHost('r1', 'hv-02'), ofHost('r1', 'hv-03')], lease)

    expect(write).toThrow('cannot write a row of r1/hv-02')
  })
})
