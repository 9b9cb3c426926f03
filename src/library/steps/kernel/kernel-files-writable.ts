import { blocked, satisfied } from '../../../model/check.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { writableFiles } from '../../facts/kernel/kernel-files.ts'

/** Stops a host whose kernel files are read-only, as they are in an ordinary container, where `what` would write them. */
export const kernelFilesWritable = (what: string, paths: readonly string[]): Gate =>
  gate({
    id: 'kernel-files-writable',
    async check(host) {
      const writable = await host.ask(writableFiles(paths))
      const missing = paths.filter((path) => !writable.includes(path))
      if (missing.length === 0) return satisfied('the files of the kernel can be written')
      return blocked({
        code: 'E_CONTAINER_KERNEL',
        because: `${missing.join(', ')} on ${host.name} cannot be written, as in a container, which shares the kernel of its host: step ${what} cannot run here`,
        remedy: 'Rehearse it on a test host or a VM.',
        absolute: true,
      })
    },
  })
