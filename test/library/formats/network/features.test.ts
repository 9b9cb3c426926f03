import { describe, expect, it } from 'vitest'
import { compareFeatures, requestsOf } from '../../../../src/library/formats/network/compare-features.ts'
import {
  type Features,
  featuresNamed,
  nameForTool,
  readFeatures,
} from '../../../../src/library/formats/network/features.ts'
import { fixture } from '../../fixture.ts'

const featuresIn = (name: string): Features =>
  readFeatures(`interface v0\n${fixture(name).stdout}`).get('v0') ?? new Map()
const ALL_OFF = { tso: 'off', gso: 'off', gro: 'off', lro: 'off' } as const
const names = (features: Features, name: string) => featuresNamed(features, name).map((one) => one.name)

describe('the features of an interface', () => {
  it.each([
    ['fresh', 'ethtool-6.1-json-k.veth.debian-12', 'ethtool-6.1-k.veth.debian-12'],
    ['mixed', 'ethtool-6.1-json-k.mixed-tso.veth.debian-12', 'ethtool-6.1-k.mixed-tso.veth.debian-12'],
  ])('are the same from JSON and from text: %s', (_which, json, text) => {
    const fromText = [...featuresIn(text).values()]

    // Text tells the request of a fixed feature only by its state.
    const fromJson = [...featuresIn(json).values()].map((one) => (one.fixed ? { ...one, requested: one.active } : one))

    expect(fromJson).toEqual(fromText)
    expect(fromText.length).toBeGreaterThan(50)
  })

  it('stand behind the names of ethtool, groups by their members', () => {
    const features = featuresIn('ethtool-6.1-json-k.veth.debian-12')

    expect(names(features, 'tso')).toEqual([
      'tx-tcp-segmentation',
      'tx-tcp-ecn-segmentation',
      'tx-tcp-mangleid-segmentation',
      'tx-tcp6-segmentation',
      'tx-tcp-accecn-segmentation',
    ])
    expect([
      names(features, 'gro'),
      names(features, 'rx-gro-hw'),
      names(features, 'ufo'),
      names(features, 'foo'),
    ]).toEqual([['generic-receive-offload'], ['rx-gro-hw'], [], []])
    expect([nameForTool('generic-receive-offload'), nameForTool('tx-gso-list')]).toEqual(['gro', 'tx-gso-list'])
  })

  it('are compared by member, not by the headline', () => {
    const fresh = compareFeatures(featuresIn('ethtool-6.1-k.veth.debian-12'), ALL_OFF)
    const off = compareFeatures(featuresIn('ethtool-6.1-k.all-four-off.veth.debian-12'), ALL_OFF)
    const mixed = featuresIn('ethtool-6.1-k.mixed-tso.veth.debian-12')

    expect(fresh).toEqual({ unknown: [], fixed: [], differ: ['gso', 'tso'], refused: [] })
    expect(off).toEqual({ unknown: [], fixed: [], differ: [], refused: [] })
    // The headline says on because of one member; ethtool -K tso on ended with 0 and did nothing.
    expect(compareFeatures(mixed, { tso: 'on', lro: 'on', ufo: 'off' })).toEqual({
      unknown: ['ufo'],
      fixed: ['lro'],
      differ: [],
      refused: ['tso'],
    })
  })

  it('are remembered by what was asked for, so that a mixed group goes back as it was', () => {
    const mixed = featuresIn('ethtool-6.1-json-k.mixed-tso.veth.debian-12')

    expect(requestsOf(mixed, ['tx', 'tso', 'lro'])).toEqual({
      'tx-checksum-ip-generic': 'off',
      'tx-checksum-sctp': 'off',
      'tx-tcp-segmentation': 'on',
      'tx-tcp-ecn-segmentation': 'on',
      'tx-tcp-mangleid-segmentation': 'on',
      'tx-tcp6-segmentation': 'on',
      'tx-tcp-accecn-segmentation': 'on',
    })
  })

  it('are none where ethtool gave none', () => {
    const { stdout, stderr } = fixture('ethtool-6.1-k.no-such-device.debian-12')

    expect([...readFeatures(`interface v0\n${stdout}${stderr}`)]).toEqual([])
  })
})
