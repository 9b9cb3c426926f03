import { describe, expect, it } from 'vitest'

import { controllerProcess, isAlive } from '../../../src/commands/conduct/controller-process.ts'

const mine = controllerProcess(process.pid)

describe('a process that has a run', () => {
  it.each([
    ['is alive while it runs', {}, true],
    ['is dead where another one got its number', { startTime: '1' }, false],
    ['is dead where its machine was booted since', { bootId: '0b8a0a2e-7c1d-4f5e-9a3b-1c2d3e4f5a6b' }, false],
    ['is dead where nothing has its number', { pid: 2 ** 30 }, false],
    ['is taken for alive on another machine, which nobody can ask', { machine: 'elsewhere', pid: 2 ** 30 }, true],
  ])('%s', (_what, changed, expected) => {
    const alive = isAlive({ ...mine, ...changed })

    expect(alive).toBe(expected)
  })
})
