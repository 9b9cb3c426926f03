import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HostUnreachable, NotOwner } from '../../../src/model/errors.ts'
import { bytes, nextRun, runOn } from '../conformance/guard-conformance.ts'
import { type RealSite, useLine } from '../conformance/real-line.ts'
import { realHost } from '../hosts/real-host.ts'

let site: RealSite & { readonly scratch: string }
beforeAll(async () => {
  site = await realHost()
})
afterAll(() => site.down())
const line = useLine(() => site)

const pidOf = async (pattern: string): Promise<string> => (await site.inside(`pgrep -f '${pattern}'`)).stdout.trim()
const begun = (words: string) => expect.poll(() => pidOf(words), { timeout: 10_000 }).not.toBe('')
const unit = (name: string, text: string) => site.inside(`printf '${text}' >${site.scratch}/units/${name}`)
const pending = async (name: string) => (await line.look(`cat /var/lib/runbook/pending/${name}`)).stdout

describe('a command whose guard was killed', () => {
  test('is still running for whoever looks, and the next change waits for it', async () => {
    await line.claim()
    const first = line.command(`sleep 1.5; echo first >>${line.path}`).catch((error: unknown) => error)
    await begun('^sleep 1.5')
    await site.inside(`kill -s KILL $(pgrep -f '^/bin/sh .*guard-.* chang[e]')`)

    const { markers } = await line.connection.guard.inspect(line.run)
    await line.command(`echo second >>${line.path}`)

    expect(await first).toBeInstanceOf(HostUnreachable)
    expect(markers.map(({ state }) => state)).toEqual(['running'])
    expect(await site.textOf(line.path)).toBe('first\nsecond\n')
  })

  test('is still running when the watch over its limit was killed too', async () => {
    await line.claim()
    const first = line.command('sleep 1.6').catch((error: unknown) => error)
    await begun('^sleep 1.6')
    await site.inside(`kill -s KILL $(pgrep -f '^/bin/sh .*guard-.* chang[e]') $(pgrep -f '^/usr/bin/timeou[t]')`)

    const { markers } = await line.connection.guard.inspect(line.run)

    expect(await first).toBeInstanceOf(HostUnreachable)
    expect(markers.map(({ state }) => state)).toEqual(['running'])
    expect((await line.connection.guard.settleRunning(line.run, '10s')).map(({ state }) => state)).toEqual(['gone'])
  })

  test('is ended by an unlock all the same', async () => {
    await line.claim()
    const first = line.command('sleep 1717').catch((error: unknown) => error)
    await begun('^sleep 1717')
    await site.inside(`kill -s KILL $(pgrep -f '^/bin/sh .*guard-.* chang[e]')`)

    const { ended } = await line.connection.guard.unlock(line.run)

    expect(await first).toBeInstanceOf(HostUnreachable)
    expect([ended, await pidOf('^sleep 1717')]).toEqual([['a-step'], ''])
  })
})

describe('several controllers', () => {
  test('of different runs that claim at once: one owns the host', async () => {
    const lines = await Promise.all(Array.from({ length: 6 }, () => line.fresh()))
    const names = lines.map(() => nextRun())

    const claims = await Promise.allSettled(lines.map((one, index) => runOn(one, names[index] ?? '').claim()))

    const won = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value] : []))
    const lost = claims.flatMap((claim) => (claim.status === 'rejected' ? [claim.reason] : []))
    const { owner } = await line.connection.guard.inspect(line.run)
    expect(won).toEqual([owner?.token])
    expect(lost.every((reason) => reason instanceof NotOwner)).toBe(true)
    await line.connection.guard.unlock(owner?.token.run ?? '')
    await Promise.all(lines.map((one) => one.close()))
  })

  test('of one run that claim at once get epochs of their own, and the last one counts', async () => {
    const lines = await Promise.all(Array.from({ length: 4 }, () => line.fresh()))

    const tokens = await Promise.all(lines.map((one, index) => runOn(one, line.run).claim(`c${index}`)))

    const epochs = tokens.map(({ epoch }) => epoch).sort((a, b) => a - b)
    const { owner } = await line.connection.guard.inspect(line.run)
    expect(new Set(epochs).size).toBe(4)
    expect(owner?.token.epoch).toBe(epochs.at(-1))
    await Promise.all(lines.map((one) => one.close()))
  })

  test('one of which was frozen while another took over: its change is refused', async () => {
    const frozen = await line.claim()
    const stale = line.mine
    const lines = await line.fresh()
    const taken = await runOn(lines, line.run).claim('bbbb')

    const late = stale.change(frozen, { kind: 'write', path: line.path, content: bytes('late'), replacing: 'absent' })

    await expect(late).rejects.toMatchObject({
      code: 'E_LOCKED',
      message: expect.stringContaining(`epoch ${taken.epoch}`),
    })
    expect(await site.textOf(line.path)).toBeNull()
    await lines.close()
  })

  test('cannot claim over a command of another run that outlived its guard', async () => {
    const token = await line.claim()
    const first = line.command('sleep 1616').catch(() => 'lost')
    await begun('^sleep 1616')
    await site.inside(`kill -s KILL $(pgrep -f '^/bin/sh .*guard-.* chang[e]')`)
    await first
    await line.connection.guard.release({ token, head: 'x' })

    const claim = runOn(line.connection, nextRun()).claim()

    await expect(claim).rejects.toMatchObject({
      code: 'E_STILL_RUNNING',
      message: expect.stringContaining(`: step a-step of run ${line.run} is still running`),
      remedy: `Wait until it has ended, or end it: runbook unlock ${line.run}`,
    })
    await line.connection.guard.unlock(line.run)
    expect(await pidOf('^sleep 1616')).toBe('')
  })
})

describe('who must notice a change', () => {
  test('is noted before it, and by its InvocationID after it', async () => {
    await unit('libvirtd.service', 'InvocationID=first\\n')
    await line.claim()

    const during = await line.command('cat /var/lib/runbook/pending/libvirtd.service', { readBy: 'libvirtd.service' })

    expect(during).toMatchObject({ stdout: 'any\n' })
    expect(await pending('libvirtd.service')).toBe('first\n')
  })

  test('is noted for a changed file too, and not for one that was not changed', async () => {
    await unit('one.service', 'InvocationID=first\\n')
    await unit('two.service', 'InvocationID=second\\n')
    await line.claim()
    const write = { kind: 'write', path: line.path, content: bytes('x') } as const

    await line.change({ ...write, replacing: 'absent' }, { readBy: 'one.service' })
    await line.change({ ...write, replacing: 'absent' }, { readBy: 'two.service' })

    expect([await pending('one.service'), await pending('two.service')]).toEqual(['first\n', ''])
  })

  test('owes nothing when it never ran', async () => {
    await line.claim()

    await line.command('true', { readBy: 'absent.service' })

    expect((await line.look('ls /var/lib/runbook/pending')).stdout).not.toContain('absent.service')
  })

  test('stays owed where systemd is too old to tell one run of a unit from the next', async () => {
    await site.inside(`printf '#!/bin/sh\\n' >${site.scratch}/old; mount --bind ${site.scratch}/old /usr/bin/systemctl`)
    await line.claim()

    await line.command('true', { readBy: 'old.service' })

    await site.inside('umount /usr/bin/systemctl')
    expect(await pending('old.service')).toBe('any\n')
  })

  test('is paid by a command that ends well, and by no other', async () => {
    await unit('paid.service', 'InvocationID=first\\n')
    await line.claim()
    await line.command('true', { readBy: 'paid.service' })

    await line.command('exit 3', { pays: 'paid.service' })
    const still = await pending('paid.service')
    await line.command('true', { pays: 'paid.service' })

    expect([still, await pending('paid.service')]).toEqual(['first\n', ''])
  })

  test('stays noted when the run is unlocked and cleaned', async () => {
    await unit('kept.service', 'InvocationID=first\\n')
    await line.claim()
    await line.command('true', { readBy: 'kept.service' })
    await line.connection.guard.unlock(line.run)

    const cleaned = await line.connection.guard.clean([line.run])

    expect([cleaned, await pending('kept.service')]).toEqual([[line.run], 'first\n'])
  })
})

describe('a reboot', () => {
  const bootId = async () => (await line.connection.guard.inspect(line.run)).bootId
  const requests = () => readFileSync(join(site.scratch, 'systemd-run.log'), 'utf8').trim().split('\n')

  test('is asked for once, however often the request is sent', async () => {
    const token = await line.claim()
    const request = { token, oldBootId: await bootId() }

    const answers = [
      await line.connection.guard.requestReboot(request),
      await line.connection.guard.requestReboot(request),
    ]

    expect(answers).toEqual(['requested', 'already-requested'])
    expect(requests().filter((words) => words.includes(line.run))).toEqual([
      `--unit=runbook-reboot-${line.run} --on-active=2 --timer-property=AccuracySec=100ms systemctl reboot`,
    ])
  })

  test('is not asked for on another boot', async () => {
    const token = await line.claim()

    const answer = await line.connection.guard.requestReboot({ token, oldBootId: crypto.randomUUID() })

    expect(answer).toBe('other-boot')
  })

  test.each([
    ['Transaction for unit/start is destructive', 'stopping', 'going-down'],
    ['Failed to connect to bus: Connection refused', '', 'going-down'],
    ['Failed to start transient timer unit: No space left on device', 'running', 'E_REBOOT_NOT_REQUESTED'],
  ])('that systemd refuses with "%s" while it is %s is answered %s', async (words, state, answer) => {
    const token = await line.claim()
    const oldBootId = await bootId()
    await unit('refuses', `${words}\\n`)
    await unit('state', state)

    const answered = await line.connection.guard
      .requestReboot({ token, oldBootId })
      .catch((error: Error) => `${'code' in error ? error.code : ''} ${error.message}`)

    await site.inside(`rm ${site.scratch}/units/refuses ${site.scratch}/units/state`)
    expect(answered).toContain(answer)
    if (answer !== 'going-down') expect(answered).toContain(words)
  })

  test('can be called off until it has begun', async () => {
    const token = await line.claim()
    await line.connection.guard.requestReboot({ token, oldBootId: await bootId() })

    const first = await line.connection.guard.cancelReboot({ token })
    const second = await line.connection.guard.cancelReboot({ token })
    await unit('state', 'stopping\\n')
    const third = await line.connection.guard.cancelReboot({ token })

    await site.inside(`rm ${site.scratch}/units/state`)
    expect([first, second, third]).toEqual(['stopped', 'none', 'too-late'])
  })

  test('that is pending is called off by an unlock', async () => {
    const token = await line.claim()
    await line.connection.guard.requestReboot({ token, oldBootId: await bootId() })

    await line.connection.guard.unlock(line.run)

    expect((await site.inside(`ls ${site.scratch}/units`)).stdout).not.toContain('runbook-reboot')
  })

  test('makes what ran before it gone', async () => {
    await line.claim()
    const cut = line.command('sleep 1818').catch(() => 'lost')
    await begun('^sleep 1818')
    const before = (await line.connection.guard.inspect(line.run)).markers

    await site.inside('echo 00000000-0000-4000-8000-000000000001 >/proc/sys/kernel/random/boot_id')

    const after = (await line.connection.guard.inspect(line.run)).markers
    expect([before, after].map((markers) => markers[0]?.state)).toEqual(['running', 'gone'])
    await site.inside('pkill -f "^sleep 1818"')
    await cut
  })
})

test('each change is told to the system log, without its text', async () => {
  await line.claim()

  await line.command('echo s3cret')

  await expect
    .poll(() => readFileSync(join(site.scratch, 'log'), 'utf8'))
    .toContain(`run ${line.run}: a-step apply 1.1 exit 0`)
  expect(readFileSync(join(site.scratch, 'log'), 'utf8')).not.toContain('s3cret')
})

test('no process list shows what a command or a file holds', async () => {
  await line.claim()

  const running = line.command('token=s3cret; sleep 1919')
  await begun('^sleep 1919')
  const { stdout } = await site.inside('cat /proc/[0-9]*/cmdline | tr "\\0" "\\n"')
  await line.connection.guard.endRunning(line.run)

  expect(stdout).not.toContain('s3cret')
  expect(await running).toMatchObject({ exitCode: 143 })
})
