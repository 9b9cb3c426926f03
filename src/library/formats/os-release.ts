/** Which distribution a host runs. `family` is null where no runbook knows how to treat it. */
export interface OsRelease {
  readonly id: string
  readonly versionId: string
  /** The integer before the dot; null for rolling releases. */
  readonly major: number | null
  readonly family: OsFamily | null
}

export type OsFamily = 'debian' | 'rhel'

const FAMILIES: Readonly<Record<OsFamily, readonly string[]>> = {
  debian: ['debian', 'ubuntu'],
  rhel: ['rhel', 'centos', 'fedora', 'rocky', 'almalinux', 'ol'],
}

/** Reads one line of ID, VERSION_ID and ID_LIKE, parted by tabs, as a sourcing of /etc/os-release prints them. */
export function readOsRelease(text: string): OsRelease {
  const [id = '', versionId = '', like = ''] = text.replace(/\n$/, '').split('\t')
  const words = [id, ...like.split(' ')]
  const family = (Object.keys(FAMILIES) as OsFamily[]).find((name) =>
    FAMILIES[name].some((word) => words.includes(word)),
  )
  const major = Number.parseInt(versionId, 10)
  return { id, versionId, major: Number.isNaN(major) ? null : major, family: family ?? null }
}
