import { isRecord, readJson } from './json.ts'

/** What `qemu-img info --output=json` says of one image. */
export interface ImageInfo {
  readonly path: string
  readonly format: string
  readonly virtualBytes: number
  /** What the file takes of its file system. */
  readonly actualBytes: number
  readonly backing: string | null
  /** Names of internal snapshots. */
  readonly snapshots: readonly string[]
  readonly encrypted: boolean
  /** The data lie in a file of their own. */
  readonly dataFile: string | null
  /** Not closed cleanly, or known to be damaged. */
  readonly dirty: boolean
}

/**
 * Reads `qemu-img info --output=json`, with `--backing-chain` a list, the image itself first. Null for anything else, such
 * as the empty output beside a message on stderr.
 */
export function readImageInfo(text: string): readonly ImageInfo[] | null {
  const parsed = readJson(text)
  const all = Array.isArray(parsed) ? parsed : [parsed]
  const images = all.map(imageOf)
  return images.every((image) => image !== null) && images.length > 0 ? images : null
}

function imageOf(value: unknown): ImageInfo | null {
  if (!isRecord(value)) return null
  const { filename, format, snapshots } = value
  const [virtualBytes, actualBytes] = [value['virtual-size'], value['actual-size']]
  if (typeof filename !== 'string' || typeof format !== 'string') return null
  if (typeof virtualBytes !== 'number' || typeof actualBytes !== 'number') return null
  const backing = value['full-backing-filename'] ?? value['backing-filename']
  const specific = isRecord(value['format-specific']) ? value['format-specific'].data : null
  const data = isRecord(specific) ? specific : {}
  return {
    path: filename,
    format,
    virtualBytes,
    actualBytes,
    backing: typeof backing === 'string' ? backing : null,
    snapshots: Array.isArray(snapshots) ? snapshots.map((one) => (isRecord(one) ? String(one.name) : '')) : [],
    encrypted: value.encrypted === true || data.encrypt !== undefined,
    dataFile: typeof data['data-file'] === 'string' ? data['data-file'] : null,
    dirty: value['dirty-flag'] === true || data.corrupt === true,
  }
}
