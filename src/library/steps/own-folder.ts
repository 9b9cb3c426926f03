import { sh } from '../../model/command.ts'
import { type Fact, fact } from '../../model/fact.ts'
import type { Session } from '../../model/probe.ts'

/** Is the folder of a file there? A unit has a folder of drop-ins only where somebody has laid one in. */
export const hasFolder = (path: string): Fact<boolean> =>
  fact(sh`if [ -d ${folderOf(path)} ]; then echo there; fi`, ({ stdout }) => stdout.trim() === 'there')

/** Makes the folder of a file. */
export const makeFolder = (host: Session, path: string) => host.run(sh`mkdir -p -- ${folderOf(path)}`)

/** Takes the folder of a file away again, unless something else lies in it by now. */
export const takeFolder = (host: Session, path: string) =>
  host.run(sh`if [ -d ${folderOf(path)} ]; then rmdir --ignore-fail-on-non-empty -- ${folderOf(path)}; fi`)

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))
