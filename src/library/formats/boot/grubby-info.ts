/** An entry as `grubby --info=ALL` prints it. */
export interface GrubbyEntry {
  readonly index: number
  readonly kernel: string
  /** The arguments without `root=`, variables of GRUB as they are written. */
  readonly args: string
  readonly title: string
}

/**
 * Reads `grubby --info=ALL`. RHEL 8 and later quote every value and end with an id, RHEL 7 quotes the arguments alone;
 * entries that start no Linux have no kernel and are left out.
 */
export function readGrubbyInfo(text: string): readonly GrubbyEntry[] {
  const blocks = text.split(/^(?=index=)/m)
  return blocks.flatMap((block) => {
    const value = (key: string) =>
      /^"?(.*?)"?$/.exec(new RegExp(`^${key}=(.*)$`, 'm').exec(block)?.[1] ?? '')?.[1] ?? ''
    const kernel = value('kernel')
    if (kernel === '') return []
    return [{ index: Number(value('index')), kernel, args: value('args'), title: value('title') }]
  })
}
