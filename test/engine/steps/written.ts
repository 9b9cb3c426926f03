import { needed, satisfied } from '../../../src/model/check.ts'
import { type ChangeStep, step } from '../../../src/model/step.ts'

/** Writes the file `/ID`, where there is none. It cannot be rolled back. */
export const written = (id: string, parts: Partial<ChangeStep<string>> = {}): ChangeStep<string> =>
  step<string>({
    id,
    async check(host) {
      const { state, fingerprint } = await host.read(`/${id}`)
      return state === 'present' ? satisfied(`${id} is there`) : needed(`write ${id}`, fingerprint)
    },
    apply: (host, found) => host.write(`/${id}`, 'new\n', { replacing: found }),
    ...parts,
  })

/** {@link written}, and a rollback takes it away again. */
export const restorable = (id: string, parts: Partial<ChangeStep<string>> = {}): ChangeStep<string> =>
  written(id, { rollback: (host, found) => host.restore(`/${id}`, found), ...parts })
