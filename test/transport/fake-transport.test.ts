import { describe } from 'vitest'
import { fakeHost, textFile, textOf } from '../../src/transport/fake/fake-host.ts'
import { fakeClock, fakeTransport } from '../../src/transport/fake/fake-transport.ts'
import { type GuardSite, guardConformance } from './conformance/guard-conformance.ts'

// The fake is held to the rules of real hosts, so that what is proved on it holds for them.
function fakeSite(): GuardSite {
  const host = fakeHost({ name: 'hv-01' })
  const connection = { address: '192.0.2.1', port: 22, user: 'root', identityFiles: [], knownHosts: [] }
  return {
    transport: fakeTransport({ hosts: [host], clock: fakeClock() }),
    host: { name: 'hv-01', connection: { ...connection, hostKeys: { kind: 'strict' }, become: 'none' } },
    folder: '/etc/test',
    put: async (path, text) => {
      host.files.set(path, textFile(text))
    },
    textOf: async (path) => textOf(host, path),
    down: async () => {},
  }
}

const site = fakeSite()
describe('a fake host', () => guardConformance(() => site))
