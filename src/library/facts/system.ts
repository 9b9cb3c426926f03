import { sh } from '../../model/command.ts'
import { fact } from '../../model/fact.ts'
import { readOsRelease } from '../formats/os-release.ts'
import { answered, present } from './answered.ts'

const BOOT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Which boot of the host this is. Anything but a well-formed id is no evidence and throws CommandFailed. */
export const bootId = fact(sh`cat /proc/sys/kernel/random/boot_id`, (answer) => {
  const id = answered(answer, 'its boot id').trim()
  return present(BOOT_ID.test(id) ? id : null, `a well-formed boot id (it said "${id}")`)
})

/** The arguments that the running kernel was started with. */
export const commandLine = fact(sh`cat /proc/cmdline`, (answer) => answered(answer, 'its kernel command line').trim())

/** Distribution and its family. */
export const osRelease = fact(
  sh`( . /etc/os-release && printf '%s\\t%s\\t%s\\n' "$ID" "\${VERSION_ID-}" "\${ID_LIKE-}" )`,
  (answer) => readOsRelease(answered(answer, 'its distribution (/etc/os-release)')),
)

/** Architecture and kernel release, as `uname` says them. */
export const kernel = fact(sh`uname -m && uname -r`, (answer) => {
  const [architecture = '', release = ''] = answered(answer, 'its kernel').trim().split('\n')
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? []
  return { architecture, release, version: [Number(major ?? 0), Number(minor ?? 0)] as const }
})

/** The kind of container that the host is, such as `docker`; null on a machine or virtual machine. */
export const containerKind = fact(sh`systemd-detect-virt --container`, ({ exitCode, stdout }) => {
  const kind = stdout.trim()
  return exitCode !== 0 || kind === 'none' || kind === '' ? null : kind
})

/** Does the processor know pages of 1 GiB? */
export const offersGiantPages = fact(sh`grep -q -w pdpe1gb /proc/cpuinfo`, ({ exitCode }) => exitCode === 0)

/** Major version of systemd, such as 252. */
export const systemdVersion = fact(sh`systemctl --version`, (answer) => {
  const version = /^systemd (\d+)/.exec(answered(answer, 'its version of systemd'))?.[1]
  return Number(present(version, 'the version of systemd'))
})
