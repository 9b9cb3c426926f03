import { beforeAll, describe, expect, it } from 'vitest'
import { secretSpellings } from '../../../src/model/secret-spellings.ts'
import { type Typed, useReachedProject } from './reached-project.ts'

/** It has what every kind of quoting changes. */
const SECRET = `K9'x "q$Zebra77quartz\\w&<é%/ 7p`
/** No quoting changes these letters: where they stand, a spelling was overlooked. */
const CORE = 'Zebra77quartz'

/**
 * A step that makes the secret come back in every way that a host and a runbook have: in output whole, in pieces and
 * quoted; in a diff, in what was found, in notes, in a file's name, in progress, in an error and its tail.
 */
const RUNBOOK = `import { CommandFailed, defineRunbook, info, needed, satisfied, secretParameter, sh, step, warning } from 'runbook'
import { z } from 'zod'

const leaky = ({ token, fail }) => step({
  id: 'leaky',
  check: async (host) => {
    const value = host.secret(token).reveal()
    const file = await host.read('/etc/leaky/token')
    if (file.text === value && !fail) return satisfied('the token ' + value + ' is there')
    return needed('write ' + value, { was: file.text, wish: value }, {
      diff: ['token=old\\n', 'token=' + value + '\\nurl=http://u:' + encodeURIComponent(value) + '@h/\\n'],
      notes: [info('I_LEAKY', 'it will be ' + value), warning('W_LEAKY', JSON.stringify({ value }))],
    })
  },
  apply: async (host, found) => {
    const value = host.secret(token).reveal()
    const file = await host.read('/etc/leaky/token')
    await host.write('/etc/leaky/token', value, { replacing: file.fingerprint, mode: '0600' })
    host.show('now it is ' + value)
    host.note(warning('W_WRITTEN', 'wrote ' + Buffer.from(value).toString('base64')))
    await host.run(sh\`\${'/etc/leaky/say'} \${fail ? '3' : '0'}\`)
    if (found === 'never') throw new Error(value)
  },
  rollback: async (host) => {
    const file = await host.read('/etc/leaky/token')
    if (file.state === 'present') await host.remove('/etc/leaky/token', { replacing: file.fingerprint })
  },
})

const onCommandLine = ({ token, argv }) => step({
  id: 'on-command-line',
  check: async () => argv ? needed('say it', null) : satisfied('nothing to say'),
  apply: async (host) => { await host.run\`echo \${host.secret(token).reveal()}\` },
  rollback: async () => {},
})

export default defineRunbook({
  name: 'leaky',
  summary: 'Leak it',
  hosts: 'workers',
  params: z.object({ token: secretParameter(z.string()), fail: z.boolean().default(false), argv: z.boolean().default(false) }),
  steps: (params) => [leaky(params), onCommandLine(params)],
})
`

/**
 * What the host prints: whole, in two pieces with a pause between them that cuts a letter in two, and quoted in five
 * ways; a file named by it.
 */
const SAY = `#!/bin/bash
value=$(cat /etc/leaky/token)
[ "$1" = 0 ] || exec >&2
echo "whole: $value"
LC_ALL=C
pause() { [ "$1" != 0 ] || sleep 1.2; }
printf 'pieces: %s' "\${value:0:26}"; pause "$1"; printf '%s\\n' "\${value:26}"; pause "$1"
printf 'shell: %q\\n' "$value"
echo "base64: $(printf 'user:%s' "$value" | base64 -w0)"
perl -CI -MJSON::PP -e 'chomp(my $v = <STDIN>); print "json: ", JSON::PP->new->ascii->allow_nonref->encode($v), "\\n"' <<<"$value"
perl -e 'chomp(my $v = <STDIN>); $v =~ s/([^A-Za-z0-9_.~-])/sprintf("%%%02X", ord $1)/ge; print "url: $v\\n"' <<<"$value"
perl -pe 's/&/&amp;/g; s/</&lt;/g; s/"/&quot;/g' <<<"xml: $value"
cat "/etc/leaky/no-such-file-$value" >&2
exit "$1"
`

const project = useReachedProject({ prepareIn: () => 'mkdir -p /etc/leaky' })

/** All sinks by name; each is looked through for all spellings. */
const sinks = new Map<string, string>()
const heard = (name: string, { stdout, stderr }: Typed) => {
  sinks.set(`${name}: stdout`, stdout)
  sinks.set(`${name}: stderr`, stderr)
}

const SPELLINGS = [...secretSpellings(SECRET)]

beforeAll(async () => {
  await project.write('runbooks/leaky.ts', RUNBOOK)
  await project.write('token', `${SECRET}\n`, 0o600)
  await project.inventory('lab', { 'w-1': { user: 'root' } })
  const script = await project.write('say', SAY, 0o755)
  await project.sshd.inside(`cp ${script} /etc/leaky/say`)
  const token = ['-i', 'lab', '-e', `token=file:${project.folder}/token`]
  const fresh = () => project.sshd.inside('rm -f /etc/leaky/token')

  heard('plan, lines', await project.type(['plan', 'leaky', ...token, '--verbose']))
  heard('plan, --json', await project.type(['plan', 'leaky', ...token, '--json']))
  heard('plan, a terminal', await project.typeAt(['plan', 'leaky', ...token, '--verbose']))
  const ran = await project.type(['run', 'leaky', ...token, '--yes', '--verbose', '--json'])
  heard('run, --json', ran)
  const [, first = ''] = /"run":"([0-9a-z]{5,})"/.exec(ran.stdout) ?? []
  await fresh()
  heard('run, lines', await project.type(['run', 'leaky', ...token, '--yes', '--verbose']))
  await fresh()
  heard('run, a terminal', await project.typeAt(['run', 'leaky', ...token, '--yes', '--verbose']))
  await fresh()
  heard(
    'run that fails, lines',
    await project.type(['run', 'leaky', ...token, '-e', 'fail=true', '--yes', '--verbose']),
  )
  heard('resume that fails, --json', await project.type(['resume', '--yes', '--json']))
  heard('run with the secret in a command', await project.type(['run', 'leaky', ...token, '-e', 'argv=true', '--yes']))
  heard('rollback', await project.type(['rollback', first, '--yes']))
  heard('log', await project.type(['log', first]))
  heard('log, --json', await project.type(['log', first, '--json']))
  heard('log --verify', await project.type(['log', first, '--verify']))
  heard('status', await project.type(['status', first]))
  heard('status, --json', await project.type(['status', first, '--json']))
  heard('runs', await project.type(['runs']))
  heard('show', await project.type(['show', 'leaky']))
  heard('explain', await project.type(['explain', 'E_COMMAND_FAILED']))
  heard(
    'a secret where its reference belongs',
    await project.type(['plan', 'leaky', '-i', 'lab', '-e', `token=${SECRET}`]),
  )
  sinks.set('the state folder: journal, its bundles and everything beside it', await project.remembered())
  const { stdout } = await project.sshd.inside(
    `cd /var/lib/runbook; find . -type f ! -path '*/output/*' ! -path '*/kept/*' -exec grep -aH . {} +; find .; cat ${project.sshd.folder}/log`,
  )
  sinks.set("the host's records: owner, manifest, markers, undo.sh, log lines", stdout)
}, 120_000)

describe('a secret', () => {
  it('came back from the host in all these ways', async () => {
    await project.sshd.inside(`printf %s '${SECRET.replaceAll("'", `'\\''`)}' >/etc/leaky/token`)

    const { stdout, stderr } = await project.sshd.inside('/etc/leaky/say 0')

    expect(stdout).toContain(`whole: ${SECRET}`)
    expect(stdout).toContain(`pieces: ${SECRET}`)
    expect(stdout).toMatch(/^xml: K9.x &quot;q/m)
    expect(stdout).toMatch(/^json: "K9'x \\"q/m)
    expect(stderr).toContain(CORE)
    const ways = ['whole', 'shell', 'base64', 'json', 'url', 'xml']
    const shown = stdout.split('\n').filter((line) => SPELLINGS.some((spelling) => line.includes(spelling)))
    expect(ways.filter((way) => !shown.some((line) => line.startsWith(`${way}: `)))).toEqual([])
  })

  it.each([
    'plan, lines',
    'plan, --json',
    'plan, a terminal',
    'run, --json',
    'run, lines',
    'run, a terminal',
    'run that fails, lines',
    'resume that fails, --json',
    'run with the secret in a command',
    'rollback',
    'log',
    'log, --json',
    'log --verify',
    'status',
    'status, --json',
    'runs',
    'show',
    'explain',
    'a secret where its reference belongs',
  ])('is not shown by %s', (name) => {
    const shown = [`${name}: stdout`, `${name}: stderr`].map((sink) => sinks.get(sink) ?? '')

    expect(shown.join('').length).toBeGreaterThan(0)
    expect(spellingsIn(shown.join('\n'))).toEqual([])
  })

  it.each([
    'the state folder: journal, its bundles and everything beside it',
    "the host's records: owner, manifest, markers, undo.sh, log lines",
  ])('does not stand in %s', (name) => {
    const text = sinks.get(name) ?? ''

    expect(text.length).toBeGreaterThan(500)
    expect(spellingsIn(text)).toEqual([])
    // The state folder is read as single bytes.
    expect(spellingsIn(Buffer.from(text, 'latin1').toString('utf8'))).toEqual([])
  })

  it('stands on the host only in what commands printed and in files that were replaced, for root alone', async () => {
    const { stdout } = await project.sshd.inside(
      `cd /var/lib/runbook; grep -rlaF ${CORE} . | xargs stat -c '%a %u %n'; stat -c '%a %u' .`,
    )

    const places = stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/^(\d+ \d+) \S*\/(output|kept)\/.*/, '$1 $2'))
    expect([...new Set(places)].toSorted()).toEqual(['600 0 kept', '600 0 output', '700 0'])
  })

  it('left a mask where it would have stood', () => {
    const masked = [...sinks].filter(([, text]) => text.includes('‹secret›')).map(([name]) => name)

    expect(masked).toEqual(
      expect.arrayContaining([
        'plan, lines: stdout',
        'plan, --json: stdout',
        'run, --json: stdout',
        'run that fails, lines: stderr',
        'run that fails, lines: stdout',
        'log: stdout',
        'log, --json: stdout',
      ]),
    )
  })

  it('was seen while the command ran, whole and in pieces', () => {
    const said = sinks.get('run, lines: stderr') ?? ''

    expect(said).toContain('w-1: leaky | whole: ‹secret›\n')
    expect(said).toContain('w-1: leaky | pieces: ‹secret›\n')
  })

  it('stands in the journal as its reference', () => {
    expect(sinks.get('log, --json: stdout')).toContain(`"token":"file:${project.folder}/token"`)
  })

  it('is refused on a command line of the host', () => {
    const text = sinks.get('run with the secret in a command: stderr') ?? ''

    expect(text).toContain('E_SECRET_IN_COMMAND')
  })
})

const spellingsIn = (text: string): readonly string[] =>
  [CORE, ...SPELLINGS].filter((spelling) => text.includes(spelling))
