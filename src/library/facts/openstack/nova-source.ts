import { type Command, sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import type { OsloService } from './services.ts'

/** Where nova's code lies on a host. */
export interface NovaSource {
  /** Interpreter and file of the running service; null where it does not run or does not tell. */
  readonly running: { readonly python: Interpreter; readonly path: string } | null
  /** Files at the places where packages put them, links followed, each once. */
  readonly found: readonly string[]
  /** Does nova-compute run in a container of Docker or Podman? Its files are then parts of an image. */
  readonly container: boolean
}

/** A program that the service's user may have put there: it is never started as anybody else. */
export interface Interpreter {
  readonly path: string
  readonly user: number
  readonly group: number
}

/** nova's `config.py`, which writes the disks of guests for libvirt, relative to the package. */
const FILE = 'virt/libvirt/config.py'

/** Where packages, devstack, openstack-ansible and the snap put it. */
export const NOVA_PLACES: readonly string[] = [
  '/usr/lib/python3/dist-packages/nova',
  '/usr/lib/python2.7/dist-packages/nova',
  '/usr/lib/python2.7/site-packages/nova',
  '/usr/lib/python3.*/site-packages/nova',
  '/opt/stack/nova/nova',
  '/opt/stack/data/venv/lib/python3*/site-packages/nova',
  '/openstack/venvs/nova-*/lib/python*/site-packages/nova',
  '/snap/openstack-hypervisor/current/lib/python3*/site-packages/nova',
]

/** Which config.py the service of this name imports, and which others are there. Imports nothing of nova. */
export const novaSource = (service: OsloService): Fact<NovaSource> =>
  fact(
    sh`for p in $(systemctl show --property=MainPID -- ${service.lookedFor} | sed -n 's/^MainPID=//p'); do i=$(tr '\\0' '\\n' <"/proc/$p/cmdline" 2>/dev/null | head -n 1); case $i in /*python*) ;; *) i=$(readlink -f "/proc/$p/exe") || continue;; esac; o=$(stat -c '%u %g' "/proc/$p") || continue; printf 'python %s %s\\n' "$o" "$i"; setpriv --reuid "\${o% *}" --regid "\${o#* }" --clear-groups "$i" -B -c ${FIND} 2>/dev/null; done; for f in ${places()}; do if [ -f "$f" ]; then printf 'found %s\\n' "$(readlink -f "$f")"; fi; done; for e in docker podman; do if command -v "$e" >/dev/null; then "$e" ps --format '{{.Names}}' 2>/dev/null | grep -x nova_compute; fi; done; true`,
    ({ stdout }) => {
      const lines = stdout.split('\n')
      const after = (word: string) =>
        lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length))
      const [, user, group, python] = /^(\d+) (\d+) (\/.*)$/.exec(after('python ')[0] ?? '') ?? []
      const path = after('service ').find((line) => line.startsWith('/') && line.endsWith(`/nova/${FILE}`))
      return {
        running: python && path ? { python: { path: python, user: Number(user), group: Number(group) }, path } : null,
        found: [...new Set(after('found '))],
        container: lines.includes('nova_compute'),
      }
    },
  )

/** The text of a file as its interpreter compiles it: null, or what it says against it. Nothing is written. */
export const compiledBy = ({ path, user, group }: Interpreter, text: string): Fact<string | null> =>
  fact(
    sh`printf '%s' ${text} | setpriv --reuid ${user} --regid ${group} --clear-groups ${path} -B -c 'import sys; compile(sys.stdin.read(), "config.py", "exec")'`,
    ({ exitCode, stderr }) =>
      exitCode === 0 ? null : (stderr.trim().split('\n').at(-1) ?? '') || `the interpreter ended with ${exitCode}`,
  )

const FIND = `import importlib.util as u; s = u.find_spec("nova"); print("service " + list(s.submodule_search_locations)[0] + "/${FILE}")`

function places(): Command {
  return { kind: 'command', text: NOVA_PLACES.map((place) => `${place}/${FILE}`).join(' ') }
}
