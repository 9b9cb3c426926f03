/** What lies in an image: a partition, a file system, a physical volume of LVM, a logical volume. */
export interface ImagePart {
  readonly name: string
  readonly type: string
  readonly bytes: number
}

/**
 * Reads `virt-filesystems --all --long --csv` by the names in its first line. Names of partitions and volumes hold neither
 * commas nor quotes, and no other column is looked at.
 */
export function readImageParts(text: string): readonly ImagePart[] {
  const [head = '', ...rows] = text.split('\n').filter((line) => line !== '')
  const columns = head.split(',')
  const [name, type] = [columns.indexOf('Name'), columns.indexOf('Type')]
  const fromEnd = columns.length - columns.indexOf('Size')
  if (name === -1 || type === -1 || fromEnd > columns.length) return []
  return rows.map((row) => {
    // A label may hold commas: the columns behind it are counted from the end.
    const words = row.split(',')
    return { name: words[name] ?? '', type: words[type] ?? '', bytes: Number(words.at(-fromEnd)) }
  })
}
