import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { nextRun, runOn } from '../transport/conformance/guard-conformance.ts'
import type { PrivateSshdOptions } from '../transport/hosts/private-sshd.ts'
import { useSshd } from '../transport/hosts/reach.ts'
import { realHost } from '../transport/hosts/real-host.ts'
import { startCrossing } from './small-change.ts'

const open: { down(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.down()
})

async function oddHost(options: PrivateSshdOptions) {
  const site = await realHost(options)
  open.push(site)
  return site
}

describe('a host', () => {
  test('that exchanges keys anew in the middle of an answer is heard to its end', async () => {
    const { transport, host } = await oddHost({ sshd: ['RekeyLimit 300K'] })
    const line = await transport.open(host, { deadline: '30s' })

    const answers = await Promise.all(
      [1, 2].map(() => line.look("head -c 1500000 /dev/zero | tr '\\0' x", { limit: '20s' })),
    )

    expect(answers.map(({ stdout }) => stdout.length)).toEqual([1_500_000, 1_500_000])
  })

  test('whose command floods stderr while it says nothing is heard to its end, in bounded memory', async () => {
    const { transport, host } = await oddHost({})
    const line = await transport.open(host, { deadline: '30s' })

    const { stdout, stderr } = await line.look('head -c 20000000 /dev/zero >&2; echo done', { limit: '30s' })

    expect(stdout).toBe('done\n')
    expect(stderr.length).toBeLessThan(5_000_000)
    expect(stderr).toContain('bytes left out]')
  })

  test('whose /tmp is full and starts no programs is changed without it', async () => {
    const { transport, host, inside, scratch } = await oddHost({})
    // What its sshd reads lies there too.
    await inside(`mkdir /run/kept; mount --bind ${scratch} /run/kept; mount -t tmpfs -o size=64k,noexec tmpfs /tmp
      mkdir -p ${scratch}; mount --bind /run/kept ${scratch}; head -c 1000000 /dev/zero >/tmp/filler`)
    const line = await transport.open(host, { deadline: '30s' })
    const mine = runOn(line, nextRun())
    const token = await mine.claim()

    const answer = await mine.change(token, { kind: 'command', text: 'echo ran >/run/ran; df /tmp | tail -n 1' })
    const content = Buffer.from('text\n')
    const written = await mine.change(token, { kind: 'write', path: '/etc/odd', content, replacing: 'absent' })

    expect(answer).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('100%') })
    expect(written).toMatchObject({ kind: 'done' })
  })

  test('whose user has no home, and a shell that takes nothing but plain words, is changed all the same', async () => {
    // What fish, csh and the Bourne shells have in common.
    const plain = `#!/usr/bin/perl
      my $line = $ARGV[1];
      die "odd-shell: cannot read this: $line\\n" unless $line =~ m{^(?:[\\w/.:=+@% -]|'[^'\\\\]*'|\\\\')+\\z};
      exec '/bin/dash', '-c', $line;`
    const { transport, host, inside } = await oddHost({
      loginShell: '/run/odd-shell',
      prepareIn: () => `cat >/run/odd-shell <<'END'\n${plain}\nEND\nchmod 755 /run/odd-shell; rm -r /home/operator`,
    })
    const connection = { ...host.connection, user: 'operator', become: 'sudo' as const }
    const line = await transport.open({ ...host, connection }, { deadline: '30s' })
    const mine = runOn(line, nextRun())

    await mine.change(await mine.claim(), { kind: 'command', text: "echo 'a b' >/run/ran" })

    expect((await inside('cat /run/ran; ls -A /home')).stdout).toBe('a b\nguest\ntypist\n')
  })

  test('whose clock jumps between the years 1970 and 2043 is changed once, and knows its owner', async () => {
    const date = `#!/bin/sh
[ "$1" = +%s ] || exec /run/real-date "$@"
[ -e /run/late ] && { rm /run/late; echo 17; exit; }
: >/run/late; echo 2314000000`
    const crossing = await startCrossing({
      prepareIn: (folder) =>
        `cp /usr/bin/date /run/real-date; cat >${folder}/date <<'END'\n${date}\nEND\nchmod 755 ${folder}/date; mount --bind ${folder}/date /usr/bin/date`,
    })
    open.push(crossing)
    await crossing.across(null)
    const pieces = crossing.proxy.pieces('from-host')
    const at = pieces[Math.floor(pieces.length * 0.8)] ?? 1

    const { tripped, last, lost, doubled } = await crossing.across({ direction: 'from-host', at, does: 'cut' })

    expect({ tripped, exit: last.exitCode, lost, doubled }).toEqual({ tripped: true, exit: 0, lost: 0, doubled: 0 })
  })
})

describe.each(['ssh2', 'openssh'] as const)('an agent with more keys than sshd tries, over %s', (transport) => {
  const on = useSshd({ transport, sshd: ['MaxAuthTries 3'] })

  test('is told of, with what to do', async () => {
    const agentSocket = join(on.sshd.folder, 'full-agent')
    const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' })
    const wrong = [1, 2, 3].map((number) => join(on.sshd.folder, `wrong_${number}`))
    for (const path of wrong) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path])
    const keys = [...wrong, join(on.sshd.folder, 'key')]
    const env = { SSH_AUTH_SOCK: agentSocket }
    await expect
      .poll(() => spawnedWell(() => execFileSync('ssh-add', keys, { env, stdio: 'ignore' })), { timeout: 10_000 })
      .toBe(true)

    const refused = on.reach({ identityFiles: [] }, { agentSocket })

    await expect(refused).rejects.toMatchObject({
      code: 'E_TOO_MANY_KEYS',
      stage: 'auth',
      retry: false,
      remedy: expect.stringContaining('MaxAuthTries'),
    })
    expect(await on.reach({ identityFiles: [join(on.sshd.folder, 'key')] }, { agentSocket })).toContain('root')
    agent.kill()
  })
})

function spawnedWell(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
