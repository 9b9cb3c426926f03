import { transportConformance } from './conformance/transport-conformance.ts'
import { realHost } from './hosts/real-host.ts'

transportConformance('a host with busybox', () => realHost({ shell: 'busybox' }))
