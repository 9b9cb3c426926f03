import { expect, it } from 'vitest'

import { sameProcess } from '../../src/journal/processes.ts'
import { controller } from './events.ts'

it('takes two processes for one only where number, start, boot and machine agree', () => {
  const one = controller(1)

  const others = [
    { ...one },
    controller(2),
    { ...one, startTime: '4712' },
    { ...one, bootId: 'cafe' },
    { ...one, machine: 'laptop' },
  ]

  expect(others.map((other) => sameProcess(one, other))).toEqual([true, false, false, false, false])
})
