import { describe, expect, it } from 'vitest'
import { cpuListText, readCpuList, sameCpus } from '../../../../src/library/formats/kernel/cpu-list.ts'

describe('a list of CPUs', () => {
  it.each([
    ['0-2,8', [0, 1, 2, 8]],
    ['8,0-2\n', [0, 1, 2, 8]],
    ['4-8,^6', [4, 5, 7, 8]],
    ['', []],
    ['(null)\n', []],
    ['3-1', null],
    ['1,x', null],
  ])('%j is %j', (text, cpus) => {
    expect(readCpuList(text)).toEqual(cpus)
  })

  it('is written as short as it can be', () => {
    expect([[], [5], [3, 1, 2, 2], [0, 1, 2, 8, 10, 11]].map(cpuListText)).toEqual(['', '5', '1-3', '0-2,8,10-11'])
  })

  it('is the same as another that names the same CPUs', () => {
    expect([sameCpus('1,2,3', '1-3'), sameCpus('1-3', '1-4'), sameCpus('x', 'x')]).toEqual([true, false, false])
  })
})
