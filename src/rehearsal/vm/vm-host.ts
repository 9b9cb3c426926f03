import { setTimeout as sleep } from 'node:timers/promises'
import { type Duration, milliseconds } from '../../model/duration.ts'
import { CommandFailed } from '../../model/errors.ts'
import { COUNTS_FOLDER, HOST_USER } from '../hosts/host-model.ts'
import { countedBy, type TestHost } from '../hosts/test-host.ts'
import { guestAgent } from './guest-agent.ts'
import { guestXml } from './guest-xml.ts'
import { reset } from './virtual-machine.ts'
import { type VmFiles, vmFiles } from './vm-files.ts'
import type { VmModel } from './vm-model.ts'

/** A throw-away host that is a virtual machine. */
export interface VmHost extends TestHost {
  readonly files: VmFiles
  /** Is its system up and running programs, at this moment? */
  answers(): Promise<boolean>
  /** Has it come up, within the time? Default 10m: without KVM and with others beside it, a boot takes its time. */
  booted(within?: Duration): Promise<boolean>
  /** Makes a host of its own of a machine that has just booted its image: name, keys, swap, services, guests. */
  settle(publicKey: string, model: VmModel): Promise<void>
}

/** The file by whose age {@link TestHost.written} tells what was written since. */
const SETTLED = `${COUNTS_FOLDER}/settled`

export function vmHost(set: string, name: string, port: number): VmHost {
  const files = vmFiles(set, name)
  const agent = guestAgent(files.agent)
  const inside: TestHost['inside'] = (script, input) => agent.run(script, { input, deadline: '5m' })
  const must = async (script: string, input?: string) => {
    const { exitCode, stderr } = await inside(script, input)
    if (exitCode !== 0) throw new CommandFailed(`${name}: ${stderr.trim()}`, { exitCode, tail: stderr })
  }
  return {
    name,
    port,
    files,
    inside,
    answers: () => agent.answers('2s'),
    counted: (kind) => countedBy(inside, kind),
    async booted(within = '10m') {
      const end = performance.now() + milliseconds(within)
      while (performance.now() < end) {
        if (await this.answers()) {
          const { exitCode } = await agent.run(UP, { deadline: '5m' }).catch(() => ({ exitCode: 1 }))
          if (exitCode === 0) return true
        }
        await sleep(500)
      }
      return false
    },
    async settle(publicKey, { swapFile, services = [], guests = [] }) {
      await must(OWN_NAME.replaceAll('NAME', name))
      await must(OWN_KEYS, publicKey)
      if (swapFile !== undefined) await must(SWAP.replaceAll('SIZE', swapFile))
      if (services.length > 0) await must(`systemctl enable --quiet --now ${services.join(' ')}`)
      for (const guest of guests) await must(DEFINE, guestXml(guest))
      // libvirt looks at each QEMU when it is first asked and keeps what it saw: that is no trace of whoever asks.
      await must('virsh capabilities >/dev/null')
      await must(`touch ${SETTLED}`)
    },
    async written() {
      const { stdout } = await inside(`find / -xdev -cnewer ${SETTLED} -printf 'C %p\\n'`)
      return stdout.split('\n').filter((line) => line !== '')
    },
    // It is away for so long by itself.
    restartSlowly: async () => {},
    powerCycle: () => reset(files),
  }
}

/** `degraded` serves: a unit that failed is told by the host itself. */
const UP = 'case $(systemctl is-system-running --wait) in running|degraded) ;; *) exit 1 ;; esac'

const OWN_NAME = `echo NAME >/etc/hostname && hostname NAME && printf '127.0.0.1 localhost\\n127.0.1.1 NAME\\n' >/etc/hosts`

const OWN_KEYS = `
set -e
cd /home/${HOST_USER}/.ssh
cat >authorized_keys
chown -R ${HOST_USER}:${HOST_USER} .
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
systemctl start ssh.service`

const SWAP = `
set -e
fallocate -l SIZE /swapfile
chmod 0600 /swapfile
mkswap -q /swapfile
echo '/swapfile none swap sw,pri=5 0 0' >>/etc/fstab
systemctl daemon-reload
swapon -a`

const DEFINE = `
set -e
f=$(mktemp)
cat >"$f"
virsh define "$f"
virsh start "$(sed -n 's:.*<name>\\(.*\\)</name>.*:\\1:p' "$f" | head -n 1)"
rm "$f"`
