import { afterEach, describe, expect, test } from 'vitest'
import type { Connection } from '../../../src/engine/ports.ts'
import { bytes, nextRun, runOn } from '../conformance/guard-conformance.ts'
import type { PrivateSshdOptions } from '../hosts/private-sshd.ts'
import { realHost } from '../hosts/real-host.ts'

const open: { down(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.down()
})

/** A host prepared by shell text, with a line to it and a run in hand. */
async function poorHost(prepare: string, shell: PrivateSshdOptions['shell'] = 'dash') {
  const site = await realHost({ shell, prepareIn: () => prepare })
  open.push(site)
  const connection: Connection = await site.transport.open(site.host, { deadline: '30s' })
  return { site, connection, mine: runOn(connection, nextRun()) }
}

describe('a host', () => {
  test('that lacks a tool is told which, and nothing is left on it', async () => {
    const { connection, mine, site } = await poorHost(
      'mkdir /run/none; mount --bind /run/none /opt; mount --bind /dev/null /usr/bin/flock; mount --bind /dev/null /usr/bin/setsid',
    )

    const claim = mine.claim()

    await expect(claim).rejects.toMatchObject({ code: 'E_HOST_LACKS', message: 'hv-01 lacks flock, setsid' })
    expect((await site.inside('ls /var/lib')).stdout).toBe('')
    expect((await connection.look('echo asked', { limit: '5s' })).stdout).toBe('asked\n')
  })

  test('whose disk is full refuses a change cleanly, and the file is as it was', async () => {
    const { site, mine, connection } = await poorHost('mkdir /run/small; mount -t tmpfs -o size=400k tmpfs /run/small')
    await site.put('/run/small/file', 'first\n')
    const token = await mine.claim()
    const { fingerprint: replacing } = await connection.read('/run/small/file')

    const write = mine.change(token, {
      kind: 'write',
      path: '/run/small/file',
      content: bytes('x'.repeat(900_000)),
      replacing,
    })

    await expect(write).rejects.toMatchObject({
      code: 'E_WRITE_FAILED',
      message: expect.stringContaining('is as it was'),
    })
    expect((await site.inside('ls -A /run/small; cat /run/small/file')).stdout).toBe('file\nfirst\n')
  })

  test('without room for the records refuses a claim and begins no change', async () => {
    const { site, mine } = await poorHost('mount -t tmpfs -o size=200k tmpfs /var/lib')
    const token = await mine.claim()
    await site.inside('head -c 1000000 /dev/zero >/var/lib/filler')

    const command = mine.change(token, { kind: 'command', text: 'touch /run/ran' })

    await expect(command).rejects.toMatchObject({ code: 'E_WRITE_FAILED', remedy: expect.stringContaining('df -h') })
    await expect(mine.claim('bbbb')).rejects.toMatchObject({ code: 'E_WRITE_FAILED' })
    expect((await site.inside('ls /run/ran')).exitCode).not.toBe(0)
  })

  test('with a read-only file system is asked, but not changed', async () => {
    const { site, mine, connection } = await poorHost(
      'mount -t tmpfs tmpfs /opt; echo first >/opt/file; mount -o remount,ro /opt',
    )
    const token = await mine.claim()
    const { fingerprint: replacing } = await connection.read('/opt/file')

    const write = mine.change(token, { kind: 'write', path: '/opt/file', content: bytes('x'), replacing })

    await expect(write).rejects.toMatchObject({ code: 'E_FILE_IMMUTABLE', message: expect.stringContaining('/opt') })
    expect(await site.textOf('/opt/file')).toBe('first\n')
  })

  test('whose state folder cannot be made refuses a claim', async () => {
    const { mine } = await poorHost('mount -o remount,ro /var/lib')

    await expect(mine.claim()).rejects.toMatchObject({
      code: 'E_WRITE_FAILED',
      message: expect.stringContaining('/var/lib/runbook'),
    })
  })

  test('whose state folder is not root’s alone refuses a claim', async () => {
    const { mine } = await poorHost('mkdir /var/lib/runbook; chown 1000 /var/lib/runbook')

    await expect(mine.claim()).rejects.toMatchObject({ code: 'E_NOT_PRIVATE' })
  })

  test.each([
    'chmod 777 /var/lib/runbook',
    'chmod 720 /var/lib/runbook',
    'chown 1000 /var/lib/runbook',
    'chmod 722 /var/lib/runbook/guard-*.sh',
    'chown 1000 /var/lib/runbook/guard-*.sh',
    'mv /var/lib/runbook /run/other; ln -s /run/other /var/lib/runbook',
    'cd /var/lib/runbook; for g in guard-*.sh; do mv $g /run/; ln -s /run/$g $g; done',
  ])('where others could have written the guard since runs nothing of it: %s', async (opened) => {
    const { site, mine } = await poorHost('true')
    const token = await mine.claim()
    await site.inside(`for g in /var/lib/runbook/guard-*.sh; do echo 'touch /run/theirs' >$g; done; ${opened}`)

    const command = mine.change(token, { kind: 'command', text: 'touch /run/ours' })

    await expect(command).rejects.toMatchObject({
      code: 'E_NOT_PRIVATE',
      remedy: expect.stringContaining('give it back to root'),
    })
    expect((await site.inside('ls /run/theirs /run/ours')).stdout).toBe('')
  })

  test.each(['dash', 'busybox'] as const)('keeps a file that must not be replaced, with %s', async (shell) => {
    // A file that is a mount of its own can be written but not replaced by another.
    const { site, mine, connection } = await poorHost(
      'echo first >/etc/mounted; mount --bind /etc/mounted /etc/mounted',
      shell,
    )
    const token = await mine.claim()
    const { fingerprint: replacing } = await connection.read('/etc/mounted')

    const write = mine.change(token, { kind: 'write', path: '/etc/mounted', content: bytes('x'), replacing })

    await expect(write).rejects.toMatchObject({
      code: 'E_FILE_IMMUTABLE',
      message: expect.stringContaining('/etc/mounted'),
    })
    expect((await site.inside('cat /etc/mounted; ls -A /etc | grep runbook')).stdout).toBe('first\n')
  })
})
