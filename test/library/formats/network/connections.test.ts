import { describe, expect, it } from 'vitest'
import { readConnections } from '../../../../src/library/formats/network/connections.ts'
import { fixture } from '../../fixture.ts'

describe('the profiles of NetworkManager', () => {
  const connections = readConnections(fixture('nmcli-1.42.4-connections.debian-12').stdout)

  it('are those that it keeps: none that it found up or makes up anew at each start', () => {
    expect([...connections]).toEqual([
      [
        'card0',
        {
          uuid: 'd75cc076-e859-4119-a03f-40349101d89c',
          name: 'storage',
          path: '/etc/NetworkManager/system-connections/storage.nmconnection',
          known: true,
          settings: new Map([['ethtool.feature-tso', 'off']]),
        },
      ],
    ])
  })

  it('tell when NetworkManager does not know a feature', () => {
    const asked = readConnections(fixture('nmcli-1.42.4-connections.unknown-feature.debian-12').stdout)

    expect(asked.get('card0')?.known).toBe(false)
  })
})
