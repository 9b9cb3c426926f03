import { askConsent } from '../conduct/consent.ts'
import type { Options } from '../flags.ts'
import type { Operator } from '../operator.ts'

/** Asks once whether packages may be installed on this machine. `--yes` and CI answer yes. */
export function mayInstall(operator: Operator, options: Options): (packages: readonly string[]) => Promise<boolean> {
  return async (packages) => {
    const yes = options.yes === true || Boolean(operator.environment.CI)
    const question = `Install ${packages.join(', ')} on this machine?`
    return (await askConsent(operator, question, { ...options, yes })) === 'yes'
  }
}
