import { realHost } from './real-host.ts'
import { transportConformance } from './transport-conformance.ts'

transportConformance('a host with busybox', () => realHost({ shell: 'busybox' }))
