import { describe, expect, test } from 'vitest'
import { HostUnreachable } from '../../../src/model/errors.ts'
import { type RealSite, useLine } from './real-line.ts'

/** What changing a real host promises: a change outlives its line, and can be met, ended and unlocked. */
export function changeConformance(given: () => RealSite): void {
  describe('changing', () => {
    const line = useLine(given)

    test('gives a change its exit code, both streams and no stdin', async () => {
      await line.claim()

      const answer = await line.command('echo out; echo err >&2; read -r x || echo none; exit 7')

      expect(answer).toEqual({ kind: 'ended', timedOut: false, exitCode: 7, stdout: 'out\nnone\n', stderr: 'err\n' })
    })

    test('runs a command of a megabyte', async () => {
      await line.claim()

      const answer = await line.command(`${': some words to skip\n'.repeat(50_000)}echo done`)

      expect(answer).toMatchObject({ exitCode: 0, stdout: 'done\n' })
    })

    test('goes on with a change whose line was cut, and lets it be met by its marker', async () => {
      await line.claim()
      const begun = line.command(`sleep 2; echo done >${line.path}`)
      await expect
        .poll(async () => (await line.site.inside(`ls /var/lib/runbook/runs/${line.run}/markers`)).stdout, {
          timeout: 10_000,
        })
        .toContain('a-step')

      const lost = expect(begun).rejects.toBeInstanceOf(HostUnreachable)
      await line.site.cut()
      await lost

      await expect(line.look('true')).rejects.toMatchObject({ stage: 'lost', code: 'E_LOST' })
      await line.renew()
      const running = (await line.connection.guard.inspect(line.run)).markers
      const settled = await line.connection.guard.settleRunning(line.run, '30s')
      expect([running[0]?.state, settled[0]]).toMatchObject(['running', { state: 'ended', exitCode: 0 }])
      expect(await line.site.textOf(line.path)).toBe('done\n')
    }, 30_000)

    test('hands neither the mutex nor its streams to a daemon that a change starts', async () => {
      await line.claim()

      const answer = await line.command('sleep 3535 & echo started')

      const next = await line.command('echo next')
      const { stdout } = await line.site.inside(`pid=$(pgrep -f 'sleep 353[5]'); ls -l /proc/$pid/fd; kill $pid`)
      expect([answer, next]).toMatchObject([{ stdout: 'started\n' }, { stdout: 'next\n' }])
      expect(stdout).not.toMatch(/mutex|pipe|socket/)
    })

    test('gives the marker of a step its id back, whatever the id is', async () => {
      const step = "a/b ../c it's ä 100%"
      await line.claim()

      await line.command('true', { step })

      expect((await line.connection.guard.inspect(line.run)).markers.map((marker) => marker.step)).toEqual([step])
    })

    test('does not take an exit code of 124 for a limit that was passed', async () => {
      await line.claim()

      const answer = await line.command('exit 124')

      expect(answer).toMatchObject({ kind: 'ended', exitCode: 124, timedOut: false })
    })

    test('answers questions while a change runs, shows what it prints, and ends it when asked', async () => {
      await line.claim()
      const heard: string[] = []
      const begun = line.command('echo working; sleep 3737', { onOutput: (line) => heard.push(line) })
      await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['working'])

      const beside = await line.look('echo beside')
      await line.connection.guard.endRunning(line.run)

      expect(beside.stdout).toBe('beside\n')
      expect(await begun).toMatchObject({ kind: 'ended', exitCode: 143, timedOut: false })
    }, 30_000)

    test('answers what is asked behind a change, and behind a claim, as the host is then', async () => {
      const { connection, path } = line
      const { behind } = connection

      const claiming = line.claim()
      const owner = behind.look('grep ^run= /var/lib/runbook/owner', { limit: '10s' })
      await claiming
      const begun = line.command(`sleep 1; echo new >${path}`)
      const after = [behind.look(`cat ${path}`, { limit: '10s' }), behind.read(path), behind.read('/nowhere')] as const
      const [looked, read, none] = await Promise.all(after)

      expect(await begun).toMatchObject({ exitCode: 0 })
      expect([(await owner).stdout, looked.stdout]).toEqual([`run=${line.run}\n`, 'new\n'])
      expect([read, none]).toMatchObject([{ state: 'present', text: 'new\n' }, { state: 'absent' }])
    })

    test('answers nothing slow behind a change: it would hold up what comes next', async () => {
      await line.claim()
      const begun = line.command('true')

      const slow = line.connection.behind.look('true', { limit: '31s' })

      await expect(slow).rejects.toMatchObject({ stage: 'lost' })
      expect(await begun).toMatchObject({ exitCode: 0 })
    })

    test('keeps the ends of what a change prints', async () => {
      await line.claim()

      const answer = await line.command('echo begin; yes | head -c 3000000; echo end')

      const stdout = answer.kind === 'ended' ? answer.stdout : ''
      expect(stdout.length).toBeLessThan(300_000)
      expect([stdout.startsWith('begin\n'), stdout.endsWith('end\n')]).toEqual([true, true])
    })

    test('lets an unlock end what runs and names it', async () => {
      await line.claim()
      const begun = line.command('sleep 3838')
      await expect
        .poll(async () => (await line.connection.guard.inspect(line.run)).markers.length, { timeout: 10_000 })
        .toBe(1)
      const other = await line.fresh()

      const { ended } = await other.guard.unlock(line.run)
      await other.close()

      expect(ended).toEqual(['a-step'])
      expect(await begun).toMatchObject({ kind: 'ended', exitCode: 143 })
      await expect(line.command('echo late')).rejects.toMatchObject({ code: 'E_LOCKED' })
    }, 30_000)
  })
}
