import { describe, expect, it } from 'vitest'
import { simpleArguments } from '../../../../src/library/steps/boot/simple-arguments.ts'

const wanted = simpleArguments({
  runbook: 'thp',
  topic: 'thp',
  variable: 'GRUB_CMDLINE_LINUX_DEFAULT',
  values: { transparent_hugepage: 'always', nohz_full: '1-2' },
  unwanted: ['isolcpus'],
})

describe('kernel arguments', () => {
  it.each([
    ['are carried once each', 'quiet transparent_hugepage=always nohz_full=1-2', [true, true]],
    ['may be written with a hyphen', 'transparent-hugepage=always nohz-full=1-2', [true, true]],
    [
      'are not carried twice, though the last one counts',
      'nohz_full=1 transparent_hugepage=always nohz_full=1-2',
      [false, true],
    ],
    ['are not meant when one is missing', 'transparent_hugepage=always', [false, false]],
    [
      'are not meant beside one that is unwanted',
      'isolcpus=1 transparent_hugepage=always nohz_full=1-2',
      [false, false],
    ],
    ['are not those behind --, which belong to init', 'transparent_hugepage=always -- nohz_full=1-2', [false, false]],
  ])('%s', (_title, line, answers) => {
    expect([wanted.carries(line), wanted.means(line)]).toEqual(answers)
  })

  it('are compared as far as their own keys go', () => {
    expect([wanted.same('quiet nohz_full=1', 'nohz_full=1 splash'), wanted.same('nohz_full=1', '')]).toEqual([
      true,
      false,
    ])
  })
})
