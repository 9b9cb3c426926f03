import { type Check, needed, satisfied } from '../../../model/check.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { linkInTheWay } from './file-kept.ts'

/** A file is not there: as Ansible's `file` with `state: absent`. A folder or link is refused: it could not be put back. */
export const fileGone = ({
  id,
  path,
}: {
  readonly id: string
  readonly path: string
}): ChangeStep<{ before: string }> =>
  step<{ before: string }>({
    id,
    async check(host): Promise<Check<{ before: string }>> {
      const file = await host.read(path)
      if (file.state === 'absent') return satisfied(`there is no ${path}`)
      if (file.path !== path) return linkInTheWay(path, file.path)
      return needed(`remove ${path}`, { before: file.fingerprint }, { diff: [file.text, ''] })
    },
    apply: (host, { before }) => host.remove(path, { replacing: before }),
    rollback: (host, { before }) => host.restore(path, before),
  })
