import { patienceConformance } from './conformance/patience-conformance.ts'
import { transportConformance } from './conformance/transport-conformance.ts'
import { realHost } from './hosts/real-host.ts'

transportConformance('a host over openssh', () => realHost({ transport: 'openssh' }), patienceConformance)
