import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Answer } from '../../../src/model/fact.ts'
import type { HostModel } from '../../../src/rehearsal/hosts/host-model.ts'

const TESTHOST = join(import.meta.dirname, '../../../src/rehearsal/testhost')
/** What a boot loader reads and is made of. */
const FOLDERS = ['boot', 'etc/default', 'etc/kernel']

/** Files of a machine, by path. */
export type Files = ReadonlyMap<string, string>

export interface Done extends Answer {
  readonly files: Files
}

/** The files that a test host of this model has at its first boot. */
export function laidOut(model: HostModel): Files {
  const { exitCode, stderr, files } = inRoom(model, new Map(), `perl ${TESTHOST}/bin/rhel/lay-out`)
  if (exitCode !== 0) throw new Error(`the machine cannot be laid out: ${stderr}`)
  return files
}

/** What boots from these files. */
export function booted(model: HostModel, files: Files): string {
  const program = 'print boot_choice($ENV{TESTHOST_ROOT})->{cmdline}'
  const { exitCode, stdout, stderr } = inRoom(
    model,
    files,
    `perl -I${TESTHOST}/lib -MBootChoice=boot_choice -e '${program}'`,
  )
  if (exitCode !== 0) throw new Error(`the machine does not boot: ${stderr}`)
  return stdout
}

const known = new Map<string, Done>()

/**
 * Runs shell text with the stand-ins of a test host in front of this machine's programs, where the given files are all that
 * is below /boot, /etc/default and /etc/kernel. The same text on the same files is run once.
 */
export function inRoom(model: HostModel, files: Files, script: string): Done {
  const key = JSON.stringify([model, [...files].sort(), script])
  const done = known.get(key) ?? runInRoom(model, files, script)
  known.set(key, done)
  return done
}

function runInRoom(model: HostModel, files: Files, script: string): Done {
  const room = mkdtempSync(join(tmpdir(), 'machine-room-'))
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(room + path), { recursive: true })
    writeFileSync(room + path, text, { mode })
  }
  try {
    for (const folder of [
      'etc/systemd/system/multi-user.target.wants',
      'usr/lib/systemd/system',
      'usr/sbin',
      'etc/default',
    ])
      mkdirSync(join(room, folder), { recursive: true })
    mkdirSync(join(room, 'boot/grub2'), { recursive: true })
    symlinkSync('../usr/lib/os-release', join(room, 'etc/os-release'))
    put('/usr/lib/os-release', 'NAME="Rocky Linux"\nVERSION="9.4 (Blue Onyx)"\nVERSION_ID="9.4"\n')
    put('/etc/system-release', 'Rocky Linux release 9.4\n')
    put('/model.json', JSON.stringify(model))
    for (const program of ['grubby', 'grub2-mkconfig'])
      put(`/usr/sbin/${program}`, `#!/bin/sh\nexec perl ${TESTHOST}/bin/rhel/${program} "$@"\n`, 0o755)
    put('/usr/sbin/grub2-editenv', EDITENV, 0o755)
    put('/usr/sbin/grub2-script-check', '#!/bin/sh\n[ -s "$1" ]\n', 0o755)
    for (const [path, text] of files) put(path, text)
    const moved = script
      .replaceAll(/(?<![\w.$-])\/(boot|etc|sys|run|efi|usr\/lib\/modules)(?=\/)/g, `${room}/$1`)
      .replaceAll('df -Pk /boot', 'df -Pk /')
    const env = {
      PATH: `${room}/usr/sbin:/usr/bin:/bin`,
      LC_ALL: 'C',
      TESTHOST_ROOT: room,
      TESTHOST_LIB: `${TESTHOST}/lib`,
      TESTHOST_MODEL: `${room}/model.json`,
      TESTHOST_KEPT: `${room}/kept`,
    }
    const { status, stdout, stderr } = spawnSync('sh', ['-c', moved], { encoding: 'utf8', env })
    const own = (text: string) => text.replaceAll(room, '')
    return { exitCode: status ?? 1, stdout: own(stdout), stderr: own(stderr), files: filesIn(room) }
  } finally {
    rmSync(room, { recursive: true })
  }
}

function filesIn(room: string): Files {
  const paths = FOLDERS.filter((folder) => existsSync(join(room, folder))).flatMap((folder) =>
    readdirSync(join(room, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  return new Map(paths.sort().map((path) => [path.slice(room.length), readFileSync(path, 'utf8')]))
}

/** GRUB's own program is not on every machine that runs these tests. */
const EDITENV = `#!/bin/sh
shift
verb=$1; shift
file=$TESTHOST_ROOT/boot/grub2/grubenv
case $verb in
  list) grep -E '^[A-Za-z0-9_]+=' "$file" ;;
  set) exec perl -I"$TESTHOST_LIB" -MGrubEnvironment=set_environment \\
    -e 'my $file = shift; set_environment($file, map { split /=/, $_, 2 } @ARGV)' "$file" "$@" ;;
esac
`
