import { describe, expect, test } from 'vitest'
import { HostUnreachable } from '../../../src/model/errors.ts'
import { readRecord } from '../../../src/transport/guard/answers.ts'
import { unreachableOf } from '../../../src/transport/unreachable.ts'

const BOOT = '6d4a6c0e-8f0b-4a5e-9d53-0c8f1f3f7a11'
const unreachable = unreachableOf('hv-01', {
  address: '192.0.2.1',
  port: 22,
  user: 'root',
  identityFiles: [],
  knownHosts: [],
  hostKeys: { kind: 'strict' },
})

const read = (text: string, { exitCode = 0, leftOut = 0 } = {}) => {
  const stdout = { head: Buffer.from(text), tail: Buffer.alloc(0), leftOut }
  return readRecord({ exitCode, stdout }, { run: 'r1', unreachable })
}

/** The error of reading it, which must be one that says the host gave no answer. */
function refused(text: string, more = {}): HostUnreachable {
  try {
    read(text, more)
  } catch (error) {
    if (error instanceof HostUnreachable) return error
    throw error
  }
  throw new Error('it was taken for an answer')
}

describe('what a host says of its boot', () => {
  test('is its boot id', () => {
    expect(read(`host-boot=${BOOT}\nwhole\n`)).toEqual({ bootId: BOOT, owner: null, markers: [] })
  })

  test.each([
    ['an error', 'host-boot=cat: /proc/sys/kernel/random/boot_id: Input/output error\n'],
    ['nothing', 'host-boot=\n'],
    ['a part of it', 'host-boot=6d4a6c0e-8f0b\n'],
    ['no word of it', 'state=owned\n'],
  ])('is no evidence where it is %s', (_what, text) => {
    expect(refused(`${text}whole\n`)).toMatchObject({ code: 'E_BOOT_ID', stage: 'lost', retry: true })
  })
})

describe('what a host says of the changes of a run', () => {
  const boot = `host-boot=${BOOT}\n`

  test('is its markers', () => {
    const { markers } = read(`${boot}marker=apply 1 2 ended 137 a%20step\nmarker=undo 1 1 running - b\nwhole\n`)

    expect(markers).toEqual([
      { run: 'r1', step: 'a step', act: 'apply', attempt: 1, n: 2, state: 'ended', exitCode: 137 },
      { run: 'r1', step: 'b', act: 'undo', attempt: 1, n: 1, state: 'running', exitCode: null },
    ])
  })

  test.each([
    ['cut before its end', `${boot}marker=apply 1 1 ended 0 a\n`, {}],
    ['cut in the middle of its last line', `${boot}marker=apply 1 1 ended 0 a\nwho`, {}],
    ['too long to be kept whole', `${boot}\n[99 bytes left out]\nwhole\n`, { leftOut: 99 }],
    ['ended by an error', `${boot}whole\n`, { exitCode: 2 }],
    ['a marker of a state that there is not', `${boot}marker=apply 1 1 done 0 a\nwhole\n`, {}],
    ['a marker without a number', `${boot}marker=apply x 1 ended 0 a\nwhole\n`, {}],
    ['a marker of a step that no step can have', `${boot}marker=apply 1 1 ended 0 %E0%A4\nwhole\n`, {}],
    ['an owner of no epoch', `${boot}state=owned\nepoch=many\nwhole\n`, {}],
  ])('is not believed to be nothing where it is %s', (_what, text, more) => {
    expect(refused(text, more)).toMatchObject({ code: 'E_GARBLED', retry: true })
  })
})
