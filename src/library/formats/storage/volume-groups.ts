import { isRecord, type JsonRecord, readJson, recordsIn } from './json.ts'

/** A group of LVM's volumes. */
export interface VolumeGroup {
  readonly name: string
  readonly sizeBytes: number
  readonly freeBytes: number
  readonly logicalVolumes: number
  /** A physical volume of it is missing. */
  readonly partial: boolean
  /** Several hosts use it. */
  readonly shared: boolean
}

/** Reads `vgs --units b --nosuffix --reportformat json`: a report with an empty list where there is no such group. */
export function readVolumeGroups(text: string): readonly VolumeGroup[] | null {
  const rows = rowsOf(text, 'vg')
  return (
    rows?.map((row) => ({
      name: wordIn(row, 'vg_name'),
      sizeBytes: Number(wordIn(row, 'vg_size')),
      freeBytes: Number(wordIn(row, 'vg_free')),
      logicalVolumes: Number(wordIn(row, 'lv_count')),
      partial: wordIn(row, 'vg_attr')[3] === 'p',
      shared: /[cs]/.test(wordIn(row, 'vg_attr')[5] ?? ''),
    })) ?? null
  )
}

/** Reads `pvs --reportformat json -o pv_name,vg_name`: device to its group, empty text where it is in none. */
export const readPhysicalVolumes = (text: string): ReadonlyMap<string, string> =>
  new Map((rowsOf(text, 'pv') ?? []).map((row) => [wordIn(row, 'pv_name'), wordIn(row, 'vg_name')]))

/** What stands against making a physical volume of a device. */
export interface DeviceUse {
  readonly device: string
  readonly bytes: number
  /** Half sentences; empty when nothing does. */
  readonly uses: readonly string[]
}

/**
 * What is on a device by `lsblk -Jbpo NAME,TYPE,FSTYPE,MOUNTPOINT,SIZE` and `wipefs -n --json`; null stands for a wipefs
 * that failed. Null where lsblk does not know it.
 */
export function readDeviceUse(device: string, lsblk: string, wipefs: string | null): DeviceUse | null {
  const [row] = recordsIn(readJson(lsblk), 'blockdevices')
  if (!row) return null
  const signatures =
    wipefs === null
      ? ['what wipefs cannot tell']
      : recordsIn(readJson(wipefs), 'signatures').map((one) => `a signature of ${wordIn(one, 'type')}`)
  const children = recordsIn(row, 'children').map((child) => `${wordIn(child, 'name')} on it`)
  const mounted = wordIn(row, 'mountpoint')
  const kind = wordIn(row, 'fstype')
  return {
    device,
    bytes: Number(row.size),
    uses: [
      ...(signatures.length > 0 || kind === '' ? signatures : [`a file system of ${kind}`]),
      ...(mounted === '' ? [] : [`the mount ${mounted}`]),
      ...children,
    ],
  }
}

function rowsOf(text: string, kind: string): readonly JsonRecord[] | null {
  const [report] = recordsIn(readJson(text), 'report')
  return report && Array.isArray(report[kind]) ? report[kind].filter(isRecord) : null
}

const wordIn = (row: JsonRecord, key: string): string => (row[key] == null ? '' : String(row[key]))
