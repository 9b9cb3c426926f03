import { describe, expect, test } from 'vitest'
import { reveal, useSshd } from '../hosts/reach.ts'
import { DOAS, type SetUp, SU, SUDO, SUDO_RS } from './set-ups.ts'

/** A user for each set-up: so they do not disturb each other, and what PAM counts is of one alone. */
const ROWS = [...SUDO, ...SUDO_RS, ...DOAS, ...SU].map((setUp, index) => ({ ...setUp, user: `user${index}` }))
type Row = SetUp & { readonly user: string }

const PASSWORD = reveal('env:RIGHT').reveal()

const on = useSshd({ prepareIn: (folder) => [pam(folder), sudoRs(folder), ...ROWS.map(userOf(folder))].join('\n') })

describe('becoming root', () => {
  test.each(ROWS)('where $where', async ({ user, become = 'sudo', given, result, sent }) => {
    const sudoPassword = given === undefined ? {} : { sudoPassword: given === 'right' ? 'env:RIGHT' : 'env:WRONG' }

    const ended = await on.reach({ user, become, ...sudoPassword }).catch((error: unknown) => error)

    if (result === 'root') expect(ended).toBe('root\n/root\n')
    else {
      const [code, message] = result
      expect(ended).toMatchObject({
        code,
        stage: code === 'E_AUTH' ? 'auth' : 'sudo',
        retry: false,
        message: expect.stringContaining(message.replaceAll('USER', user)),
      })
    }
    expect(await passwordsOf(user)).toBe(sent)
  })

  test.each([
    'sudo asks',
    'sudo asks and the password is wrong',
    'sudo wants a terminal and asks',
    'sudo wants a terminal and gives another one',
    'doas asks',
    'su asks',
  ])("goes the same way over the system's ssh where %s", async (where) => {
    const { user, become = 'sudo', given, result } = row(where)
    const before = await passwordsOf(user)
    const sudoPassword = given === 'right' ? 'env:RIGHT' : 'env:WRONG'

    const ended = on.reach({ user, become, sudoPassword, transport: 'openssh' })

    if (result === 'root') expect(await ended).toBe('root\n/root\n')
    else await expect(ended).rejects.toMatchObject({ code: result[0], stage: 'sudo' })
    expect(await passwordsOf(user)).toBe(before + 1)
  })

  test('is asked for and answered once more when sudo has forgotten between two logins', async () => {
    const { user } = row('sudo soon forgets who it has asked')
    await on.reach({ user, become: 'sudo', sudoPassword: 'env:RIGHT' })
    // Each question that it can answer makes it remember anew.
    const forgotten = async () => (await on.sshd.inside(`runuser -u ${user} -- sudo -n true`)).exitCode !== 0
    await expect.poll(forgotten, { timeout: 20_000, interval: 1_500 }).toBe(true)
    const before = await passwordsOf(user)

    const ended = await on.reach({ user, become: 'sudo', sudoPassword: 'env:RIGHT' })

    expect([ended, await passwordsOf(user)]).toEqual(['root\n/root\n', before + 1])
  })

  test('leaves nothing running behind a terminal that it needed', async () => {
    const { user } = row('sudo wants a terminal and asks')

    await on.reach({ user, become: 'sudo', sudoPassword: 'env:RIGHT' })

    await expect.poll(async () => (await on.sshd.inside('pgrep -x script')).stdout).toBe('')
  })
})

test('one who only looks may do so with the rights that the user has', async () => {
  const answer = await on.reach({ user: row('nobody becomes root').user, become: 'none' }, { anyUser: true })

  expect(answer).toBe(`${row('nobody becomes root').user}\n/root\n`)
})

test('one who only looks still becomes root where the inventory says so', async () => {
  expect(await on.reach({ user: row('sudo asks for nothing').user, become: 'sudo' }, { anyUser: true })).toBe(
    'root\n/root\n',
  )
})

const row = (where: string): Row => {
  const found = ROWS.find((one) => one.where === where)
  if (!found) throw new Error(`no set-up "${where}"`)
  return found
}

/** How many passwords PAM, or the stand-in, was given for this user's sake. */
async function passwordsOf(user: string): Promise<number> {
  const { stdout } = await on.sshd.inside(`grep -c -x ${user} /run/passwords`)
  return Number(stdout)
}

/** PAM counts every password that it receives, by the user who became root, before it looks at it. */
const pam = (folder: string): string => `
printf '%s\\n' '#!/bin/sh' 'echo "$PAM_RUSER" >>/run/passwords' >${folder}/count
chmod 755 ${folder}/count
for program in sudo su doas; do
  file=/etc/pam.d/$program
  sed -i '0,/common-auth/s|^@include common-auth|auth optional pam_exec.so quiet expose_authtok ${folder}/count\\n&|' $file
done
echo 'root:${PASSWORD}' | chpasswd
: >/run/passwords
rm -f /etc/doas.conf; touch /etc/doas.conf; chmod 600 /etc/doas.conf
`

/** The texts are those of sudo-rs: \`-p\` stands in front of what PAM asks, and a wrong password is asked for again. */
const sudoRs = (folder: string): string => `
mkdir ${folder}/sudo-rs
cat >${folder}/sudo-rs/sudo <<'END'
#!/bin/bash
[ "$1 $2 $4" = "-S -p --" ] || exit 1
prompt=$3
shift 4
for try in 1 2 3; do
  printf '[sudo: %s] Password: ' "$prompt" >&2
  IFS= read -r word || { echo >&2; echo 'sudo: Authentication failed, try again.' >&2; exit 1; }
  echo >&2
  id -un >>/run/passwords
  [ "$word" = '${PASSWORD}' ] && exec /usr/bin/sudo -n -- "$@"
  [ $try = 3 ] || echo 'sudo: Authentication failed, try again.' >&2
done
echo 'sudo: Maximum 3 incorrect authentication attempts' >&2
exit 1
END
chmod 755 ${folder}/sudo-rs/sudo
chmod 666 /run/passwords
`

const userOf =
  (folder: string) =>
  ({ user, sudoers = [], doas = '', bashrc = '', account }: Row, index: number): string => {
    const named = (text: string) => text.replaceAll('USER', user).replaceAll('FOLDER', folder)
    return `
echo '${user}:x:${7100 + index}:100::/home/${user}:/bin/bash' >>/etc/passwd
echo '${user}:*:19000:0:99999:7:::' >>/etc/shadow
echo '${user}:${PASSWORD}' | chpasswd
${account === undefined ? '' : `usermod ${account} ${user}`}
mkdir -p /home/${user}
echo '${named(bashrc)}' >/home/${user}/.bashrc
${sudoers.map((line) => `echo '${named(line)}' >>/etc/sudoers.d/runbook-test`).join('\n')}
${doas === '' ? '' : `echo '${named(doas)}' >>/etc/doas.conf`}
`
  }
