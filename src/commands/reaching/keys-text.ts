import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import { counted } from '../../reporter/wording.ts'
import type { Presented, ScannedKey } from '../../transport/keys/scan-keys.ts'
import { failureLines } from '../asking/failures.ts'

export const isPresented = (one: ScannedKey): one is Presented => one.state !== 'unreachable'

/** Keys that may be taken over: unknown ones, and those that the inventory says take the place of others. */
export const isNew = (one: ScannedKey): one is Presented => one.state === 'unknown' || one.state === 'expected'

/** What a scan found: known hosts folded, new keys as one table, and what a person has to look into. */
export function keysText(scanned: readonly ScannedKey[], look: Look): readonly string[] {
  const known = scanned.filter(({ state }) => state === 'known').map(({ host }) => host)
  const wrong = scanned.filter(isPresented).filter(({ state }) => state === 'changed' || state === 'revoked')
  const away = scanned.flatMap((one) => (one.state === 'unreachable' ? [one] : []))
  return [
    ...(known.length > 0
      ? [`${look.paint('good', '✓')} known: ${foldHosts(known)} (${counted(known.length, 'host')})`]
      : []),
    ...tableOf(scanned.filter(isNew), look),
    ...wrong.flatMap((one) => wrongLines(one, look)),
    ...failureLines(away, look),
  ]
}

function tableOf(keys: readonly Presented[], look: Look): readonly string[] {
  if (keys.length === 0) return []
  const rows = keys.map(({ host, name, type, fingerprint, state }) => [
    host,
    name === host ? '' : name,
    type,
    state === 'expected' ? `${fingerprint}  in the place of the known one` : fingerprint,
  ])
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return [
    look.paint('strong', `${counted(keys.length, 'unknown key')}:`),
    ...rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd()),
  ]
}

function wrongLines({ host, name, type, fingerprint, standing }: Presented, look: Look): readonly string[] {
  const where = 'where' in standing ? standing.where : ''
  const [what, remedy] =
    standing.state === 'revoked'
      ? ['is revoked', 'Give the host a new key; never connect with this one.']
      : [
          'is not the one that is known',
          'If the host was installed anew, compare the key at its console and say so in the inventory (hostKeys: rekey), or remove the old one with ssh-keygen -R. Otherwise somebody may stand in between.',
        ]
  return [
    ...wrapText(
      `${look.paint('bad', '✗')} ${look.paint('strong', host)}: ${type} ${fingerprint} of ${name} ${what} (${where})`,
      look.columns,
      2,
    ),
    ...wrapText(`  → ${remedy}`, look.columns, 4),
  ]
}

/** A scanned key as plain data. */
export function keyData(one: ScannedKey): object {
  if (one.state === 'unreachable') {
    const { code, stage, message, remedy } = one.error
    return { host: one.host, state: one.state, code, stage, text: message, remedy }
  }
  const { host, state, name, type, fingerprint, file, standing } = one
  return { host, state, name, type, fingerprint, file, ...('where' in standing ? { where: standing.where } : {}) }
}
