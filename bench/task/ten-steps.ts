/** The task that all contestants do: a folder, two questions, three edited lines, three small files and a unit. */

export const FOLDER = '/etc/bench.d'

/** As tune.ts asks them too. */
export const QUESTIONS = ['uname -r', 'nproc'] as const

export interface LineWish {
  readonly path: string
  readonly line: string
  /** Begins the line that this one takes the place of; where there is none, it is added at the end. */
  readonly instead: string
}

export const LINES: readonly LineWish[] = [
  { path: '/etc/sysctl.conf', line: 'vm.swappiness = 10', instead: 'vm.swappiness' },
  { path: '/etc/login.defs', line: 'UMASK           027', instead: 'UMASK' },
  { path: '/etc/security/limits.conf', line: '* soft memlock unlimited', instead: '* soft memlock' },
]

export interface FileWish {
  readonly path: string
  readonly text: string
}

export const FILES: readonly FileWish[] = [
  { path: `${FOLDER}/tuned.conf`, text: '[main]\nsummary=virtual hosts\n\n[cpu]\ngovernor=performance\n' },
  { path: '/etc/sysctl.d/90-bench.conf', text: 'vm.dirty_ratio = 10\nvm.dirty_background_ratio = 5\n' },
  {
    path: `${FOLDER}/vhost.conf`,
    text: 'options kvm_intel nested=1\noptions vhost_net experimental_zcopytx=0\n',
  },
]

export const UNIT: FileWish = {
  path: '/etc/systemd/system/bench-tuning.service',
  text: `[Unit]
Description=Tune what only a running system has

[Service]
Type=oneshot
ExecStart=/bin/true
RemainAfterExit=yes

[Install]
WantedBy=multi-user.target
`,
}

/** Steps that change a host which has none of it. */
export const CHANGES = 1 + LINES.length + FILES.length + 1

/** What the task touches, below /etc. */
export const TOUCHED = [
  ...[FOLDER, ...LINES.map(({ path }) => path), ...FILES.map(({ path }) => path), UNIT.path].map((path) =>
    path.slice('/etc/'.length),
  ),
]

/** The text with the line in it. */
export function withLine(text: string, { line, instead }: LineWish): string {
  const lines = text.split('\n')
  const at = lines.findIndex((one) => one.startsWith(instead))
  if (at >= 0) return lines.with(at, line).join('\n')
  return `${text}${line}\n`
}
