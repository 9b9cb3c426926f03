/** How the host lets one user become root, and with what the test comes. */
export interface SetUp {
  /** Ends the sentence "becoming root where ...". */
  readonly where: string
  readonly become?: 'sudo' | 'doas' | 'su' | 'none'
  /** Lines of sudoers; USER is the user. */
  readonly sudoers?: readonly string[]
  /** Lines of doas.conf. */
  readonly doas?: string
  /** Lines of ~/.bashrc, which bash reads for every command over SSH. */
  readonly bashrc?: string
  readonly given?: 'right' | 'wrong'
  /** What usermod is told of the account. */
  readonly account?: string
  /** `root`, or code and message of the failure. */
  readonly result: 'root' | readonly [code: string, message: string]
  /** Passwords that PAM received. */
  readonly sent: number
}

const ASKING = 'USER ALL=(ALL) ALL'
const FREE = 'USER ALL=(ALL) NOPASSWD: ALL'
/** Debian's sudo and PAM bring their translations, and C.UTF-8 is always there. */
const GERMAN = 'export LC_ALL=C.UTF-8 LANGUAGE=de'
const MISSING = (program: string, whose: string) =>
  ['E_SUDO_PASSWORD_MISSING', `${program} asks for a password of ${whose}, and none was given`] as const
const WRONG = (program: string, whose: string) =>
  ['E_SUDO_PASSWORD_WRONG', `${program} refused the password of ${whose}; it was sent once`] as const

export const SUDO: readonly SetUp[] = [
  { where: 'sudo asks for nothing', sudoers: [FREE], result: 'root', sent: 0 },
  { where: 'sudo asks for nothing and a password is there', sudoers: [FREE], given: 'right', result: 'root', sent: 0 },
  { where: 'sudoers has the smallest line', sudoers: ['USER ALL=(root) NOPASSWD: /bin/sh'], result: 'root', sent: 0 },
  { where: 'sudo asks', sudoers: [ASKING], given: 'right', result: 'root', sent: 1 },
  { where: 'sudo asks and there is nothing to say', sudoers: [ASKING], result: MISSING('sudo', 'USER'), sent: 0 },
  {
    where: 'sudo asks and the password is wrong',
    sudoers: [ASKING],
    given: 'wrong',
    result: WRONG('sudo', 'USER'),
    sent: 1,
  },
  {
    where: 'sudo asks only once and the password is wrong',
    sudoers: ['Defaults:USER passwd_tries=1', ASKING],
    given: 'wrong',
    result: ['E_NOT_ROOT', 'USER cannot become root: sudo: 1 incorrect password attempt'],
    sent: 1,
  },
  {
    where: 'sudo lectures before it asks',
    sudoers: ['Defaults:USER lecture=always', ASKING],
    given: 'right',
    result: 'root',
    sent: 1,
  },
  { where: 'sudo wants a terminal', sudoers: ['Defaults:USER requiretty', FREE], result: 'root', sent: 0 },
  {
    where: 'sudo wants a terminal and asks',
    sudoers: ['Defaults:USER requiretty', ASKING],
    given: 'right',
    result: 'root',
    sent: 1,
  },
  {
    where: 'sudo wants a terminal and the password is wrong',
    sudoers: ['Defaults:USER requiretty', ASKING],
    given: 'wrong',
    result: WRONG('sudo', 'USER'),
    sent: 1,
  },
  { where: 'sudo gives a terminal', sudoers: ['Defaults:USER use_pty', FREE], result: 'root', sent: 0 },
  {
    where: 'sudo gives a terminal and asks',
    sudoers: ['Defaults:USER use_pty', ASKING],
    given: 'right',
    result: 'root',
    sent: 1,
  },
  {
    where: 'sudo wants a terminal and gives another one',
    sudoers: ['Defaults:USER requiretty, use_pty', ASKING],
    given: 'right',
    result: 'root',
    sent: 1,
  },
  {
    where: 'sudoers has a prompt of its own',
    sudoers: ['Defaults:USER passprompt="Bitte das Kennwort: "', ASKING],
    given: 'right',
    result: 'root',
    sent: 1,
  },
  {
    where: 'the session speaks German',
    sudoers: [ASKING],
    bashrc: `${GERMAN} SUDO_PROMPT="Passwort von %p: "`,
    given: 'right',
    result: 'root',
    sent: 1,
  },
  {
    where: 'the session speaks German and the password is wrong',
    sudoers: [ASKING],
    bashrc: GERMAN,
    given: 'wrong',
    result: WRONG('sudo', 'USER'),
    sent: 1,
  },
  {
    where: 'sudo wants a terminal in German',
    sudoers: ['Defaults:USER requiretty', FREE],
    bashrc: GERMAN,
    result: 'root',
    sent: 0,
  },
  {
    where: 'sudo asks for the password of root',
    sudoers: ['Defaults:USER rootpw', ASKING],
    given: 'right',
    result: 'root',
    sent: 1,
  },
  {
    where: 'sudo does not know the user',
    given: 'right',
    result: ['E_NOT_ROOT', 'USER cannot become root: USER is not in the sudoers file.'],
    sent: 1,
  },
  {
    where: 'sudo lets the user do other things',
    sudoers: ['USER ALL=(root) NOPASSWD: /usr/bin/virsh list'],
    given: 'right',
    result: ['E_NOT_ROOT', "USER cannot become root: Sorry, user USER is not allowed to execute '/bin/sh"],
    sent: 1,
  },
  {
    where: 'sudo lets the user be another one only',
    sudoers: ['USER ALL=(nobody) NOPASSWD: ALL'],
    given: 'right',
    result: ['E_NOT_ROOT', "USER cannot become root: Sorry, user USER is not allowed to execute '/bin/sh"],
    sent: 1,
  },
  {
    where: 'sudo lets no command start another',
    sudoers: ['Defaults:USER noexec', FREE],
    result: ['E_NOT_ROOT', 'Permission denied'],
    sent: 0,
  },
  {
    where: 'there is no sudo',
    bashrc: 'PATH=/nowhere',
    given: 'right',
    result: ['E_NOT_ROOT', 'command not found'],
    sent: 0,
  },
  {
    where: 'the account has a password no more',
    sudoers: [ASKING],
    account: "-p '*'",
    given: 'right',
    result: WRONG('sudo', 'USER'),
    sent: 1,
  },
  {
    where: 'the account is locked, which sshd says',
    sudoers: [ASKING],
    account: '-L',
    given: 'right',
    result: ['E_AUTH', 'refused the login of USER'],
    sent: 0,
  },
  {
    where: 'the account has expired, which sshd says',
    sudoers: [ASKING],
    account: '-e 1',
    given: 'right',
    result: ['E_AUTH', 'refused the login of USER'],
    sent: 0,
  },
  {
    where: 'sudo soon forgets who it has asked',
    sudoers: ['Defaults:USER timestamp_type=global, timestamp_timeout=0.02', ASKING],
    given: 'right',
    result: 'root',
    sent: 1,
  },
  {
    where: 'nobody becomes root',
    become: 'none',
    result: ['E_NOT_ROOT', 'USER cannot become root: its uid is '],
    sent: 0,
  },
]

/** A stand-in with the texts of sudo-rs 0.2.5 and newer, which Debian 12 lacks; what it lets in does real sudo. */
export const SUDO_RS = all({ sudoers: [FREE], bashrc: 'PATH=FOLDER/sudo-rs:$PATH' }, [
  { where: 'sudo-rs asks', given: 'right', result: 'root', sent: 1 },
  { where: 'sudo-rs asks and there is nothing to say', result: MISSING('sudo', 'USER'), sent: 0 },
  { where: 'sudo-rs asks and the password is wrong', given: 'wrong', result: WRONG('sudo', 'USER'), sent: 1 },
])

export const DOAS = all({ become: 'doas' }, [
  { where: 'doas asks for nothing', doas: 'permit nopass USER as root', result: 'root', sent: 0 },
  {
    where: 'doas.conf has the smallest line',
    doas: 'permit nopass USER as root cmd /bin/sh',
    result: 'root',
    sent: 0,
  },
  { where: 'doas asks', doas: 'permit USER as root', given: 'right', result: 'root', sent: 1 },
  {
    where: 'doas asks and there is nothing to say',
    doas: 'permit USER as root',
    result: MISSING('doas', 'USER'),
    sent: 0,
  },
  {
    where: 'doas asks and the password is wrong',
    doas: 'permit USER as root',
    given: 'wrong',
    result: WRONG('doas', 'USER'),
    sent: 1,
  },
  {
    where: 'doas does not know the user',
    given: 'right',
    result: ['E_NOT_ROOT', 'USER cannot become root: doas: Operation not permitted'],
    sent: 0,
  },
])

export const SU = all({ become: 'su' }, [
  { where: 'su asks', given: 'right', result: 'root', sent: 1 },
  { where: 'su asks in German', bashrc: GERMAN, given: 'right', result: 'root', sent: 1 },
  { where: 'su asks and there is nothing to say', result: MISSING('su', 'root'), sent: 0 },
  { where: 'su asks and the password is wrong', given: 'wrong', result: WRONG('su', 'root'), sent: 1 },
])

/** Set-ups that have something in common. */
function all(common: Partial<SetUp>, setUps: readonly SetUp[]): readonly SetUp[] {
  return setUps.map((setUp) => ({ ...common, ...setUp }))
}
