import { type Check, needed, satisfied } from '../../../model/check.ts'
import { type Command, sh } from '../../../model/command.ts'
import { fact } from '../../../model/fact.ts'
import { type ChangeStep, step } from '../../../model/step.ts'

export interface MadeByParts {
  readonly id: string
  /** The path whose being there says that the command is not needed. */
  readonly creates: string
  readonly command: Command
}

/** A command that makes a path, with umask 022: as Ansible's `command` with `creates`, but a run that made nothing has failed. */
export const madeBy = ({ id, creates, command }: MadeByParts): ChangeStep<null> =>
  step<null>({
    id,
    async check(host): Promise<Check<null>> {
      if (await host.ask(isThere(creates))) return satisfied(`${creates} is there`)
      return needed(`make ${creates}: ${command.text}`, null)
    },
    // What others read must not be closed to them, as it would be by the umask of the guard.
    apply: (host) => host.run(sh`umask 022 && ${command}`),
  })

const isThere = (path: string) => fact(sh`test -e ${path} && echo there`, ({ stdout }) => stdout.trim() === 'there')
