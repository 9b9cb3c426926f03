/** A guest that has an image as a disk, whether it runs or not. */
export interface ImageUser {
  readonly guest: string
  readonly name: string
  readonly state: string
}

/**
 * Reads lines of `guest UUID NAME STATE`, parted by tabs, each with `virsh domblklist --details` of that guest below it, and
 * gives those that have the image.
 */
export function readImageUsers(text: string, paths: readonly string[]): readonly ImageUser[] {
  return text.split(/^(?=guest\t)/m).flatMap((part) => {
    const [head = '', ...rows] = part.split('\n')
    const [word, guest = '', name = '', state = ''] = head.split('\t')
    // The source is the fourth column and may hold blanks.
    const sources = rows.flatMap((row) => /^\s*\S+\s+\S+\s+\S+\s+(\S.*?)\s*$/.exec(row)?.[1] ?? [])
    return word === 'guest' && sources.some((source) => paths.includes(source)) ? [{ guest, name, state }] : []
  })
}
