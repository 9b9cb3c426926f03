import { patienceConformance } from './patience-conformance.ts'
import { realHost } from './real-host.ts'
import { transportConformance } from './transport-conformance.ts'

transportConformance('a host with dash', () => realHost({ shell: 'dash' }), patienceConformance)
