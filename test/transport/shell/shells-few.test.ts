import { describe, expect, test } from 'vitest'
import { HostUnreachable } from '../../../src/model/errors.ts'
import { asText } from '../../../src/transport/shell/bounded-bytes.ts'
import { makeShells } from '../../../src/transport/shell/shells.ts'
import { memoryHost, settled } from './memory-host.ts'

const QUICK = 1_000

describe('where the host gives few channels', () => {
  test('it is asked for another when one of ours has ended, and not before', async () => {
    const host = memoryHost({ channels: 2 })
    const shells = makeShells(host.open, host.first)
    const one = shells.aside('one', QUICK)
    const two = shells.aside('two', QUICK)
    await host.request(1)
    await settled()
    const before = host.opens

    host.asked[0]?.answer()
    ;(await host.request(2)).answer()

    await Promise.all([one, two])
    // The second was refused one, and got one.
    expect([before, host.opens]).toEqual([2, 3])
  })

  test('one that ended while the next was refused is asked for again: it is free', async () => {
    const host = memoryHost({ channels: 2 })
    const { promise: late, resolve: arrive } = Promise.withResolvers<void>()
    const open = async () => {
      const opening = host.open()
      opening.catch(() => {})
      if (host.opens === 2) await late
      return opening
    }
    const shells = makeShells(open, host.first)
    const one = shells.aside('one', QUICK)
    await host.request(1)
    const two = shells.aside('two', QUICK)
    await settled()

    host.asked[0]?.answer()
    await one
    arrive()
    const second = await host.request(2)
    second.answer('beside')

    expect(asText((await two).stdout)).toBe('beside')
    expect([second.shell, host.opens]).toEqual([2, 3])
  })

  test('it is asked for no other once it gave none', async () => {
    const host = memoryHost({ channels: 1 })
    const shells = makeShells(host.open, host.first)
    const first = shells.aside('first', QUICK)
    ;(await host.request(1)).answer()
    await first

    void shells.act(['change'], QUICK)
    void shells.aside('second', QUICK)
    void shells.look('question', QUICK)
    await host.request(4)

    expect(host.asked.map(({ shell }) => shell)).toEqual([0, 0, 0, 0])
    expect(host.opens).toBe(1)
  })

  test('a question that is lost with the only one is told as lost', async () => {
    const host = memoryHost({ channels: 1 })
    const shells = makeShells(host.open, host.first)
    const aside = shells.aside('aside', QUICK)
    ;(await host.request(1)).answer()
    await aside

    const question = shells.look('question', QUICK)
    ;(await host.request(2)).fail({ kind: 'lost', begun: true })

    await expect(question).rejects.toMatchObject({ name: 'Error', kind: 'lost' })
  })

  test.each(['look', 'aside'] as const)(
    'a host that gives none for another reason is not one of them: %s',
    async (way) => {
      const host = memoryHost()
      const refused = new HostUnreachable('hv-01: sudo forgot', {
        stage: 'sudo',
        code: 'E_SUDO_PASSWORD_WRONG',
        retry: false,
        remedy: 'Wait.',
      })
      const shells = makeShells(async () => Promise.reject(refused), host.first)
      void shells.act(['change'], QUICK)
      await host.request(1)

      await expect(shells[way]('question', QUICK)).rejects.toBe(refused)
    },
  )
})

describe('a shell that has ended', () => {
  test('is remembered by nobody: closing the rest does not close it once more', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)
    const aside = shells.aside('aside', QUICK)
    ;(await host.request(1)).answer()
    await aside
    const change = shells.act(['change'], QUICK)
    ;(await host.request(2)).fail({ kind: 'lost', begun: true })
    await change.catch(() => {})

    shells.close()

    expect(host.closeCalls).toEqual([1])
  })
})
