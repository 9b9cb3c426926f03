import type { TestHost } from '../../src/rehearsal/hosts/test-host.ts'

/** Path to what is there: kind, mode, owner, hash or target. */
export type Files = Readonly<Record<string, string>>

/** What both leave behind by their own work, and what a running system writes. */
const OWN =
  /^\/(?:run|tmp|proc|sys|dev|var\/(?:tmp|log|cache|lib\/(?:runbook|systemd|private|dbus|sudo|testhost[\w-]*)|backups)|root|home)(?:\/|$)|\/__pycache__(?:\/|$)|^\/etc\/(?:mtab|hostname|hosts|resolv\.conf)$/

const LOOK = `while IFS= read -r p; do
  if [ -L "$p" ]; then echo "$p	link $(readlink -- "$p")"
  elif [ -f "$p" ]; then echo "$p	$(stat -c '%a %u:%g' -- "$p") $(sha256sum < "$p")"
  elif [ -d "$p" ]; then echo "$p	$(stat -c '%a %u:%g folder' -- "$p")"
  fi
done
systemctl list-units --type=service --state=active --no-legend --plain | while read -r unit rest; do echo "$unit	active"; done`

/** All that differs from the image, and the services that run. */
export async function filesOf(host: TestHost): Promise<Files> {
  const paths = (await host.written()).map((line) => line.slice(2)).filter((path) => !OWN.test(path))
  const { stdout } = await host.inside(LOOK, paths.map((path) => `${path}\n`).join(''))
  return Object.fromEntries(
    stdout
      .split('\n')
      .filter((line) => line.includes('\t'))
      .map((line) => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]),
  )
}

/** The paths that differ, but for those that the hosts had each for itself from the beginning. */
export function differing(one: Files, other: Files, before: readonly Files[]): readonly string[] {
  const [first = {}, ...others] = before
  const paths = [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted()
  const isOwn = (path: string) => others.some((each) => each[path] !== first[path])
  return paths.filter((path) => one[path] !== other[path] && !isOwn(path))
}
