import { type ConfigText, effectiveOption } from '../ini/effective-options.ts'

/** Where nova keeps the disks of instances that are files. */
export function instancesPath(files: readonly ConfigText[]): string {
  const value = (key: string) => effectiveOption(files, { section: 'DEFAULT', key })?.value
  const state = value('state_path') ?? '/var/lib/nova'
  return (value('instances_path') ?? '$state_path/instances').replaceAll(
    /\$(?:state_path|\{state_path\})/g,
    () => state,
  )
}
