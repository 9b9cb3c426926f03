import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import { defineRunbook, needed, reboot } from '../../../src/index.ts'
import type { HostConnection } from '../../../src/model/inventory.ts'
import { planOn } from '../../../src/testing.ts'
import { createSshTransport } from '../../../src/transport/transport.ts'
import { reveal } from '../hosts/reach.ts'

// Whatever an inventory says of the way to it: nothing of that is used.
const connection: HostConnection = {
  address: '192.0.2.1',
  port: 22,
  user: 'nobody',
  identityFiles: ['/no/such/key'],
  knownHosts: [],
  hostKeys: { kind: 'strict' },
  become: 'none',
  transport: 'local',
}
const transport = createSshTransport({ reveal })
const open = () => transport.open({ name: 'here', connection }, { deadline: '10s' })
afterAll(() => transport.close())

describe('this machine', () => {
  test('is asked without SSH, by root with a plain environment', async () => {
    const line = await open()

    const answer = await line.look('uname -n; id -u; pwd; echo "$LC_ALL"', { limit: '5s' })
    const file = await line.read('/etc/hostname')

    expect(answer.stdout).toBe(`${hostname()}\n0\n/\nC\n`)
    expect(file.text).toBe(readFileSync('/etc/hostname', 'utf8'))
    await line.close()
  })

  test('ends a question that does not end, and answers the next', async () => {
    const line = await open()

    // A span that nobody else sleeps for: the processes of this machine are everybody's.
    const own = `${process.pid}`
    const stuck = line.look(`sleep 4747.${own}`, { limit: '50ms' })
    const next = line.look(`echo next; pgrep -f "sleep 4747[.]${own}"`, { limit: '5s' })

    await expect(stuck).rejects.toMatchObject({ code: 'E_TIMED_OUT' })
    expect((await next).stdout).toBe('next\n')
    await line.close()
  }, 30_000)

  test('gives no answer after the line was closed', async () => {
    const line = await open()
    await line.close()

    await expect(line.look('true', { limit: '5s' })).rejects.toMatchObject({ code: 'E_LOST' })
  })

  test('is never rebooted by the run that would wait for it, which the plan says', async () => {
    const runbook = defineRunbook({
      name: 'toy',
      summary: 'Reboot',
      hosts: 'all',
      params: { '~standard': { version: 1, vendor: 'toy', validate: () => ({ value: {} }) } },
      steps: () => [
        reboot({
          id: 'new-boot',
          check: async () => needed('reboot', null),
          current: async () => false,
          entry: async () => 'entry',
          notApplied: { code: 'E_NOT_APPLIED', because: 'it did not help', remedy: 'Look.' },
          recovery: 'Look at the console.',
        }),
      ],
    })

    const plans = await planOn(runbook, {}, [{ name: 'here' }], { transport, connections: { here: connection } })

    expect(plans).toMatchObject([
      { host: 'here', state: 'blocked', code: 'E_OWN_MACHINE', remedy: expect.stringContaining('another machine') },
    ])
  })
})
