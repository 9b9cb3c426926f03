import { secretSpellings } from '../../../src/model/secret-spellings.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { type Ended, everythingSaid, type Laptop } from '../command-line.ts'

/** Where a secret stands that must stand nowhere, of one desk and its host. */
export async function leaks(
  secrets: readonly string[],
  { host, desk, lives }: { host: ContainerHost; desk: Laptop; lives: readonly Ended[] },
): Promise<readonly string[]> {
  const spellings = [...new Set(secrets.flatMap((secret) => [...secretSpellings(secret)]))]
  const last = lives.at(-1)
  const stored = last ? await everythingSaid(last, desk) : ''
  const said = lives.map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join('\n')
  const here = Object.entries({ 'a screen': said, 'the state folder': stored }).filter(([, text]) =>
    spellings.some((spelling) => text.includes(spelling)),
  )
  const { stdout } = await host.inside(LOOK, spellings.join('\n'))
  const there = stdout.split('\n').filter((line) => line !== '')
  return [...here.map(([sink]) => `${sink} of ${host.name}`), ...there.map((sink) => `${sink} on ${host.name}`)]
}

/** All that the host keeps beside replaced files, outputs and what was on its way when it was cut, for root alone. */
const LOOK = `cat >/run/soak-spellings
for f in $(grep -rlaF -f /run/soak-spellings /var/lib/runbook /var/log /var/tmp /tmp /home /root /run --exclude=soak-spellings 2>/dev/null); do
  case $f in /var/lib/runbook/runs/*/kept/* | /var/lib/runbook/runs/*/output/* | /var/lib/runbook/runs/*/stage/*) ;; *) echo "$f" ;; esac
done
journalctl -o export | grep -qaF -f /run/soak-spellings && echo "the system's log"
ps -eww -o args | grep -qF -f /run/soak-spellings && echo 'the process list'
rm /run/soak-spellings`
