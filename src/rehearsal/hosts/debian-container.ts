import { GenericContainer, Wait } from 'testcontainers'
import { NAME_LABEL, PORT_LABEL, SET_LABEL } from './container-labels.ts'
import { HOST_USER, type HostModel, MODEL_PATH } from './host-model.ts'

export interface ContainerRequest {
  readonly image: string
  readonly set: string
  readonly name: string
  readonly port: number
  readonly model: HostModel
  readonly publicKey: string
  readonly labels: Readonly<Record<string, string>>
}

/** A Debian host with systemd as PID 1. testcontainers has no words for some of what that takes: they are set here. */
export class DebianContainer extends GenericContainer {
  /** The last lines of its console: systemd's, or why it did not boot. */
  readonly console: string[] = []

  constructor({ image, set, name, port, model, publicKey, labels }: ContainerRequest) {
    super(image)
    this.createOpts.Hostname = name
    this.hostConfig.RestartPolicy = { Name: 'always' }
    this.hostConfig.PortBindings = { '22/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] }
    this.createOpts.ExposedPorts = { '22/tcp': {} }
    this.withName(`runbook-${set}-${name}`)
      .withLabels({ ...labels, [SET_LABEL]: set, [NAME_LABEL]: name, [PORT_LABEL]: String(port) })
      .withAddedCapabilities('SYS_ADMIN', 'NET_ADMIN')
      .withSecurityOpt('seccomp=unconfined', 'apparmor=unconfined')
      .withTmpFs({ '/run': 'rw,exec,mode=755', '/run/lock': 'rw' })
      .withAutoCleanup(false)
      .withCopyContentToContainer([
        { content: `${JSON.stringify(model, null, 2)}\n`, target: MODEL_PATH, mode: 0o644 },
        { content: publicKey, target: `/home/${HOST_USER}/.ssh/authorized_keys`, mode: 0o644 },
      ])
      .withLogConsumer((stream) =>
        stream.on('data', (line: string) => {
          this.console.push(String(line).trimEnd())
          if (this.console.length > 20) this.console.shift()
        }),
      )
      .withWaitStrategy(Wait.forSuccessfulCommand(UP))
      .withStartupTimeout(180_000)
  }

  /** Resolves when Docker knows the container, and with it that its port is taken. */
  readonly known = Promise.withResolvers<void>()

  protected override async containerCreated(): Promise<void> {
    this.known.resolve()
  }

  /** Version 2 of cgroups gives the host a tree of its own; version 1 shows the machine's, read-only at the top. */
  withCgroups(version: 1 | 2): this {
    // Docker has this since API 1.41; the types of its client do not know it yet.
    if (version === 2) Object.assign(this.hostConfig, { CgroupnsMode: 'private' })
    else this.withBindMounts([{ source: '/sys/fs/cgroup', target: '/sys/fs/cgroup', mode: 'ro' }])
    return this
  }
}

/** `degraded` serves: a unit that failed is told by the host itself. */
// Bounded, because a systemd that could not start never answers.
const UP = 'case $(timeout 5 systemctl is-system-running --wait) in running|degraded) ;; *) exit 1 ;; esac'
