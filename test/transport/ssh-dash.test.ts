import { realHostConformance } from './real-host.ts'

realHostConformance('dash')
