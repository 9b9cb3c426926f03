import { expect } from 'vitest'
import qcow2Resize from '../../../runbooks/qcow2-resize.ts'
import { planOn } from '../../../src/testing.ts'
import { refusalOf } from '../refusal.ts'
import { fakeImages, IMAGE, type ImageHostOptions } from './fake-images.ts'

export const MIB = 1024 ** 2
export const PARAMS = { source: IMAGE, size: '1G', partition: '/dev/sda2' }

/** The plan of a host; it touched nothing. */
export async function planned(options: ImageHostOptions, params: object = {}) {
  const machine = fakeImages(options)
  const [plan] = await planOn(qcow2Resize, { ...PARAMS, ...params }, [machine.host])
  expect(machine.host.counters.changes).toEqual([])
  return plan
}

/** Code and text with which the plan of a host refuses. */
export const refusal = (options: ImageHostOptions, params: object = {}) =>
  refusalOf(qcow2Resize, { ...PARAMS, ...params }, () => fakeImages(options))
