import type { ArmRequest, SwitchName } from '../../engine/guard-port.ts'
import { milliseconds } from '../../model/duration.ts'

/** Reverting is one command; beyond this it is stopped, and the host says so in its log. */
const REVERT_SECONDS = 600

/** Names the switch of one attempt in the run's folder. */
export const switchKey = ({ step, attempt }: SwitchName): string => `${step}.switch.${attempt}`

/** The words that the guard reads about a switch. */
export const switchWords = (name: SwitchName, safe: (name: string) => string) => ({
  key: switchKey({ ...name, step: safe(name.step) }),
  limit: REVERT_SECONDS,
})

/** Whole seconds: systemd tells no finer here. */
export const switchSpan = ({ within }: ArmRequest): number => Math.max(1, Math.ceil(milliseconds(within) / 1000))
