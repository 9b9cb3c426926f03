import { describe, expect, test } from 'vitest'

import { readRecord } from '../../../src/transport/guard/answers.ts'

describe('what a host says of its boot', () => {
  test('is its boot id', () => {
    const { bootId } = readRecord('hv-01', 'r1', 'host-boot=6d4a6c0e-8f0b-4a5e-9d53-0c8f1f3f7a11\n')

    expect(bootId).toBe('6d4a6c0e-8f0b-4a5e-9d53-0c8f1f3f7a11')
  })

  test.each([
    ['an error', 'host-boot=cat: /proc/sys/kernel/random/boot_id: Input/output error\n'],
    ['nothing', 'host-boot=\n'],
    ['a part of it', 'host-boot=6d4a6c0e-8f0b\n'],
    ['no word of it', 'state=owned\n'],
  ])('is no evidence where it is %s', (_what, text) => {
    expect(() => readRecord('hv-01', 'r1', text)).toThrow('hv-01: the host gave no boot id but "')
  })
})
