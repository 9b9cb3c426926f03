import { describe, expect, it } from 'vitest'
import { withEthtoolOptions } from '../../../../src/library/formats/network/ifcfg-file.ts'

const WISH = { tso: 'off', gro: 'off' } as const
const OURS = '-K ${DEVICE} gro off tso off'

describe('an ifcfg file', () => {
  it.each([
    ['nothing', 'DEVICE=eth0\nONBOOT=yes\n', `DEVICE=eth0\nONBOOT=yes\nETHTOOL_OPTS="${OURS}"\n`],
    ['no name of the device', 'ONBOOT=yes', 'ONBOOT=yes\nETHTOOL_OPTS="-K eth0 gro off tso off"\n'],
    [
      'other groups',
      'DEVICE=eth0\nETHTOOL_OPTS="speed 1000 duplex full; -G ${DEVICE} rx 4096" # card\n',
      `DEVICE=eth0\nETHTOOL_OPTS="speed 1000 duplex full; -G \${DEVICE} rx 4096; ${OURS}" # card\n`,
    ],
    [
      'features otherwise, beside one that is not ours',
      "DEVICE=eth0\nETHTOOL_OPTS='-K eth0 tso on rx off gro off'\n",
      `DEVICE=eth0\nETHTOOL_OPTS="-K eth0 rx off; ${OURS}"\n`,
    ],
    [
      'a feature by its long name',
      'DEVICE=eth0\nETHTOOL_OPTS="--offload eth0 tcp-segmentation-offload on"\n',
      `DEVICE=eth0\nETHTOOL_OPTS="${OURS}"\n`,
    ],
  ])('that says %s gets one group of ours at the end', (_what, before, after) => {
    expect(withEthtoolOptions(before, 'eth0', WISH)).toBe(after)
    expect(withEthtoolOptions(after, 'eth0', WISH)).toBe(after)
  })

  it('is left alone where it says everything in words of its own', () => {
    const said = "ETHTOOL_OPTS='-K eth0 tso off lro off; -K eth0 gro off'\n"

    expect(withEthtoolOptions(said, 'eth0', WISH)).toBe(said)
  })

  it('is not edited where its value is put together', () => {
    expect(withEthtoolOptions('ETHTOOL_OPTS="$OTHER"\' -K eth0 tso on\'\n', 'eth0', WISH)).toBe(null)
  })
})
