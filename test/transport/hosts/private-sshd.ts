import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostConnection } from '../../../src/model/inventory.ts'

/** A real sshd on a loopback port, in namespaces of its own: /etc, /var/lib, /run and /proc are not the machine's. */
export interface PrivateSshd {
  readonly connection: HostConnection
  readonly folder: string
  /** What its sshd wrote into its log so far. */
  log(): string
  /** Runs a command on the host without the transport, as root. */
  inside(command: string): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>
  /** Ends every process of one login, as a cut line does, but not what they left behind. */
  cut(): Promise<void>
  down(): Promise<void>
}

export interface PrivateSshdOptions {
  /** What /bin/sh is. Default dash. */
  readonly shell?: 'dash' | 'bash' | 'busybox'
  /** Types of its host keys; the first is in known_hosts. Default ed25519 alone, which is quick to make. */
  readonly hostKeys?: readonly string[]
  /** Lines for sshd_config. */
  readonly sshd?: readonly string[]
  /** Login shell of the users. Default /bin/bash. */
  readonly loginShell?: string
  /** Gives shell text that is run as root before sshd starts. */
  readonly prepareIn?: (folder: string) => string
}

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin'

/** Users: root, and `operator` (passwordless sudo), `typist` (sudo with the password "open sesame"), `guest` (no sudo). */
export async function startPrivateSshd(options: PrivateSshdOptions = {}): Promise<PrivateSshd> {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-sshd-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const hostKeys = options.hostKeys ?? ['ed25519']
  for (const type of hostKeys) keygen(join(folder, `host_${type}`), type)
  keygen(join(folder, 'key'), 'ed25519')
  mkdirSync(join(folder, 'units'))
  writeFileSync(join(folder, 'systemctl'), SYSTEMCTL.replaceAll('FOLDER', folder), { mode: 0o755 })
  writeFileSync(join(folder, 'logger'), `#!/bin/sh\nshift 3\nprintf '%s\\n' "$*" >>${folder}/log\n`, { mode: 0o755 })
  writeFileSync(join(folder, 'systemd-run'), SYSTEMD_RUN.replaceAll('FOLDER', folder), { mode: 0o755 })
  writeFileSync(join(folder, 'boot_id'), `${crypto.randomUUID()}\n`)
  writeFileSync(join(folder, 'known_hosts'), knownHosts(folder, port))
  writeFileSync(
    join(folder, 'sshd_config'),
    sshdConfig(folder, port, [...(options.sshd ?? []), ...hostKeys.map((type) => `HostKey ${folder}/host_${type}`)]),
  )
  writeFileSync(join(folder, 'start'), startScript(folder, options))
  const child = spawn(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '/bin/sh', join(folder, 'start')],
    { stdio: ['pipe', 'ignore', 'pipe'], env: { PATH } },
  )
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  await untilItAnswers(port, child, () => log.slice(-4_000))
  const init = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
  const connection: HostConnection = {
    address: '127.0.0.1',
    port,
    user: 'root',
    identityFiles: [join(folder, 'key')],
    knownHosts: [join(folder, 'known_hosts')],
    hostKeys: { kind: 'strict' },
    become: 'none',
  }
  const inside = (command: string) => insideOf(init, command)
  return {
    connection,
    folder,
    log: () => log,
    inside,
    async cut() {
      await inside(`for p in $(pgrep -f '^sshd: '); do [ "$p" = 1 ] || kill -s KILL "$p"; done`)
    },
    async down() {
      // One that has ended by itself says so no second time.
      const ended = child.exitCode === null && child.signalCode === null && once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      // What it ran for others may still be writing there.
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
  }
}

function startScript(
  folder: string,
  { shell = 'dash', loginShell = '/bin/bash', prepareIn = () => '' }: PrivateSshdOptions,
): string {
  const over = { dash: '/usr/bin/dash', bash: '/usr/bin/bash', busybox: '/usr/bin/busybox' }[shell]
  return `set -e
PATH=${PATH}
mount --make-rprivate /
cp -a /etc ${folder}/etc
mount --bind ${folder}/etc /etc
mount -t tmpfs tmpfs /var/lib
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /home
mount -t tmpfs tmpfs /root
mkdir -p /run/sshd
mount --bind ${folder}/boot_id /proc/sys/kernel/random/boot_id
for tool in systemctl systemd-run logger; do mount --bind ${folder}/$tool /usr/bin/$tool; done
for user in operator typist guest; do
  echo "$user:x:$((7000 + $(echo $user | wc -c))):100::/home/$user:${loginShell}" >>/etc/passwd
  echo "$user:*:19000:0:99999:7:::" >>/etc/shadow
  mkdir -p /home/$user
done
echo 'typist:open sesame' | chpasswd
mkdir -p /etc/sudoers.d
printf '%s\\n' 'Defaults !lecture' 'operator ALL=(ALL) NOPASSWD: ALL' 'typist ALL=(ALL) ALL' >/etc/sudoers.d/runbook-test
${prepareIn(folder)}
mount --bind ${over} ${realpathSync('/bin/sh')}
# Ends with the test that started it, however that ends.
exec 3<&0
(cat <&3 >/dev/null; kill -s TERM 1) &
exec 3<&-
exec /usr/sbin/sshd -D -e -f ${folder}/sshd_config
`
}

const sshdConfig = (folder: string, port: number, more: readonly string[]): string =>
  [
    ...more,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `AuthorizedKeysFile ${folder}/key.pub`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PidFile none',
    'UseDNS no',
    'LogLevel VERBOSE',
    '',
  ].join('\n')

/** A stand-in that keeps units as files of KEY=VALUE; a restart gives a new InvocationID. */
const SYSTEMCTL = `#!/bin/sh
units=FOLDER/units
verb=$1
shift
case $verb in
  is-active) shift; [ -e "$units/$1" ] ;;
  is-system-running) cat "$units/state" 2>/dev/null || echo running ;;
  stop) for unit in $units/$1; do rm -f "$unit"; done ;;
  show)
    key=$2
    for unit; do :; done
    grep "^$key=" "$units/$unit" 2>/dev/null || echo "$key="
    exit 0 ;;
  *) exit 1 ;;
esac
`

const SYSTEMD_RUN = `#!/bin/sh
printf '%s\\n' "$*" >>FOLDER/systemd-run.log
[ -e FOLDER/units/refuses ] && { cat FOLDER/units/refuses >&2; exit 1; }
for word; do case $word in --unit=*) echo ActiveState=active >"FOLDER/units/\${word#--unit=}.timer" ;; esac; done
`

function keygen(path: string, type: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'test', '-f', path])
}

const knownHosts = (folder: string, port: number): string => {
  const [type, key] = readFileSync(join(folder, 'host_ed25519.pub'), 'utf8').split(' ')
  return `[127.0.0.1]:${port} ${type} ${key}\n`
}

function insideOf(pid: string, command: string): ReturnType<PrivateSshd['inside']> {
  return new Promise((resolve) => {
    execFile(
      'nsenter',
      ['-t', pid, '-m', '-p', '/bin/bash', '-c', command],
      { env: { PATH } },
      (error, stdout, stderr) =>
        resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

async function untilItAnswers(port: number, child: ChildProcess, errors: () => string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`sshd ended at once: ${errors()}`)
    const answers = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('data', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('close', () => resolve(false))
      setTimeout(() => socket.destroy(), 1_000).unref()
    }).finally(() => {})
    if (answers) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`sshd does not answer: ${errors()}`)
}
