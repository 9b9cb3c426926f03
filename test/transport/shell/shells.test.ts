import { describe, expect, test } from 'vitest'
import { asText } from '../../../src/transport/shell/bounded-bytes.ts'
import { makeShells, Unanswered } from '../../../src/transport/shell/shells.ts'
import { memoryHost, settled } from './memory-host.ts'

const QUICK = 1_000
const SLOW = 30_001

describe('the shells of a connection', () => {
  test('answer quick questions in one shell, each in its time and five seconds', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const answers = [shells.look('one', QUICK), shells.look('two', 30_000)]
    await host.request(2)
    for (const one of host.asked) one.answer(one.command, 3)

    expect((await Promise.all(answers)).map(({ stdout, exitCode }) => [asText(stdout), exitCode])).toEqual([
      ['one', 3],
      ['two', 3],
    ])
    expect(host.asked.map(({ shell, limit }) => [shell, limit])).toEqual([
      [0, 6_000],
      [0, 35_000],
    ])
  })

  test('answer behind a change in its shell what is asked in the same tick', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const change = shells.act(['stage', 'change'], QUICK)
    const behind = shells.behind('question', QUICK)
    await host.request(3)
    for (const one of host.asked) one.answer(one.command)

    expect([await change, await behind].map(({ stdout }) => asText(stdout))).toEqual(['change', 'question'])
    expect(host.asked.map(({ shell, command, limit }) => [shell, command, limit])).toEqual([
      [0, 'stage', 6_000],
      [0, 'change', 6_000],
      [0, 'question', 6_000],
    ])
  })

  test('answer nothing behind a change that is slow, where there was none, or whose shell is lost', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    await expect(shells.behind('early', QUICK)).rejects.toMatchObject({ kind: 'lost' })
    const change = shells.act(['change'], QUICK)
    const behind = [shells.behind('slow', SLOW), shells.behind('overdue', QUICK), shells.behind('lost', QUICK)]
    await host.request(3)
    host.asked[0]?.answer('done')
    host.asked[1]?.fail({ kind: 'overdue' })
    host.asked[2]?.fail({ kind: 'lost', begun: false })
    await host.request(4)
    host.asked[3]?.answer()
    const ends = await Promise.allSettled(behind)

    expect(asText((await change).stdout)).toBe('done')
    expect(ends.map((end) => (end.status === 'rejected' ? end.reason.kind : 'answered'))).toEqual([
      'lost',
      'overdue',
      'lost',
    ])
    expect(host.asked[3]?.command).toBe('kill -s KILL -- -1000')
  })

  test('answer quick questions in one other shell while a change is under way', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)
    const change = shells.act(['change'], QUICK)
    await host.request(1)

    const answers = [shells.look('one', QUICK), shells.look('two', QUICK)]
    await host.request(3)
    for (const one of host.asked) one.answer()
    await Promise.all([change, ...answers])
    const later = shells.look('three', QUICK)
    ;(await host.request(4)).answer()
    await later

    expect(host.asked.map(({ shell, command }) => [command, shell])).toEqual([
      ['change', 0],
      ['one', 1],
      ['two', 1],
      ['three', 0],
    ])
  })

  test('give a slow question a channel of its own, and close that behind it', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const slow = shells.look("du -s '/var'", SLOW)
    const asked = await host.request(1)
    asked.answer('done')

    expect(asText((await slow).stdout)).toBe('done')
    expect([asked.shell, asked.limit]).toEqual([1, 35_001])
    expect(host.closed).toEqual([1])
  })

  test('close a channel of its own, and give it to the next, whatever became of the request', async () => {
    const host = memoryHost({ channels: 2 })
    const shells = makeShells(host.open, host.first)

    const refused = shells.aside('\0', QUICK)
    const next = shells.aside('next', QUICK)
    const asked = await host.request(1)
    asked.answer()

    await expect(refused).rejects.toThrow(TypeError)
    expect([(await next).exitCode, asked.command, asked.shell]).toEqual([0, 'next', 2])
    expect(host.closed).toEqual([1, 2])
  })

  test('have the host itself end a slow question that is lost', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    void shells.look("du -s '/var'", SLOW)
    void shells.look(`: ${'x'.repeat(99_998)}`, SLOW)
    void shells.look(`: ${'x'.repeat(99_999)}`, SLOW)
    await host.request(3)

    // Ten seconds more than it may take, in whole seconds; too long a text is no argument of a program.
    const bound = `command -v timeout >/dev/null && exec timeout -k 2 41 /bin/sh -c`
    expect(host.asked[0]?.command).toBe(`${bound} 'du -s '\\''/var'\\'''\ndu -s '/var'`)
    expect(host.asked.map(({ command }) => command.startsWith(bound))).toEqual([true, true, false])
  })

  test('have at most four channels beside the others', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const asides = [1, 2, 3, 4, 5].map((number) => shells.aside(`${number}`, QUICK))
    await host.request(4)
    await settled()
    const before = host.asked.length
    host.asked[0]?.answer()
    const fifth = await host.request(5)
    for (const one of host.asked) one.answer()
    await Promise.all(asides)

    expect(before).toBe(4)
    expect(fifth).toMatchObject({ command: '5', shell: 5, limit: 6_000 })
    expect(host.closed.toSorted()).toEqual([1, 2, 3, 4, 5])
  })

  test('wait for a channel of ours to end where the host gives fewer', async () => {
    const host = memoryHost({ channels: 2 })
    const shells = makeShells(host.open, host.first)

    const asides = [shells.aside('one', QUICK), shells.aside('two', QUICK)]
    await host.request(1)
    await settled()
    const before = host.asked.length
    host.asked[0]?.answer()
    const second = await host.request(2)
    second.answer()
    await Promise.all(asides)

    expect(before).toBe(1)
    expect([second.command, second.shell]).toEqual(['two', 2])
  })

  test('are one shell where the host gives no other, and the host ends each question in time', async () => {
    const host = memoryHost({ channels: 1 })
    const shells = makeShells(host.open, host.first)

    const aside = shells.aside('aside', QUICK)
    ;(await host.request(1)).answer('beside')
    const change = shells.act(['change'], QUICK)
    const inTime = shells.look('in time', QUICK)
    const tooLate = shells.look('too late', QUICK)
    await host.request(4)
    for (const one of host.asked) one.answer('', one.command.includes('too late') ? 124 : 0)

    expect(asText((await aside).stdout)).toBe('beside')
    expect([(await change).exitCode, (await inTime).exitCode]).toEqual([0, 0])
    await expect(tooLate).rejects.toMatchObject({ kind: 'overdue', message: 'a request to a shell was overdue' })
    expect(host.asked.map(({ shell }) => shell)).toEqual([0, 0, 0, 0])
    // What changes something is never ended so.
    const ends = new Map(
      host.asked.map(({ command }) => [command.split('\n').at(-1), / -k 2 (\d+) /.exec(command)?.[1]]),
    )
    expect(ends).toEqual(
      new Map([
        ['aside', undefined],
        ['change', undefined],
        ['in time', '1'],
        ['too late', '1'],
      ]),
    )
  })

  test('are one shell from the first quick question on that found no other beside a change', async () => {
    const host = memoryHost({ channels: 1 })
    const shells = makeShells(host.open, host.first)
    void shells.act(['change'], QUICK)
    await host.request(1)

    void shells.look('one', QUICK)
    await host.request(2)
    void shells.look('two', QUICK)
    await host.request(3)

    expect(host.asked.map(({ shell, command }) => [shell, command.includes('timeout')])).toEqual([
      [0, false],
      [0, false],
      [0, true],
    ])
  })

  test('take 124 for the exit code of a question that the host was not to end', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const answer = shells.look('exit 124', QUICK)
    ;(await host.request(1)).answer('', 124)

    expect((await answer).exitCode).toBe(124)
  })

  test.each(['look', 'aside', 'act'] as const)(
    'tell of a failure to open one that has another reason: %s',
    async (way) => {
      const host = memoryHost()
      const broken = new TypeError('broken')
      const shells = makeShells(async () => Promise.reject(broken), host.first)
      void shells.act(['change'], QUICK)
      const change = await host.request(1)
      if (way === 'act') change.fail({ kind: 'lost', begun: true })

      const ended = way === 'act' ? shells.act(['next'], QUICK) : shells[way]('question', QUICK)

      await expect(ended).rejects.toBe(broken)
    },
  )
})

describe('a request that got no answer', () => {
  test('is ended on the host before it is told of, from a fresh shell that goes on in place of its own', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const stuck = shells.look('stuck', QUICK)
    ;(await host.request(1)).fail({ kind: 'overdue' })
    const kill = await host.request(2)
    let told = false
    stuck.catch(() => {
      told = true
    })
    await settled()
    const early = told
    kill.answer()

    await expect(stuck).rejects.toThrow(Unanswered)
    expect(early).toBe(false)
    await expect(stuck).rejects.toMatchObject({ kind: 'overdue' })
    expect(kill).toMatchObject({ shell: 1, command: 'kill -s KILL -- -1000', limit: 5_000 })
    void shells.look('next', QUICK)
    expect(await host.request(3)).toMatchObject({ shell: 1, command: 'next' })
  })

  test('is asked elsewhere while it had not begun, three times at most', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const unlucky = shells.look('unlucky', QUICK)
    for (const turn of [1, 2, 3, 4]) (await host.request(turn)).fail({ kind: 'lost', begun: false })

    await expect(unlucky).rejects.toMatchObject({ kind: 'lost', message: 'a request to a shell was lost' })
    expect(host.asked.map(({ shell }) => shell)).toEqual([0, 1, 2, 3])
  })

  test('is not asked again once it had begun: it may be what ended its shell', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const deadly = shells.look('deadly', QUICK)
    ;(await host.request(1)).fail({ kind: 'lost', begun: true })

    await expect(deadly).rejects.toMatchObject({ kind: 'lost' })
    expect(host.asked).toHaveLength(1)
  })

  test('is never asked again when it was to change something, or beside', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const change = shells.act(['change'], QUICK)
    ;(await host.request(1)).fail({ kind: 'lost', begun: false })
    const aside = shells.aside('aside', QUICK)
    ;(await host.request(2)).fail({ kind: 'lost', begun: false })

    await expect(change).rejects.toMatchObject({ kind: 'lost' })
    await expect(aside).rejects.toMatchObject({ kind: 'lost' })
    expect(host.asked).toHaveLength(2)
  })

  test('opens one fresh shell for all who ask next', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)
    const change = shells.act(['change'], QUICK)
    ;(await host.request(1)).fail({ kind: 'lost', begun: true })
    await change.catch(() => {})

    void shells.look('one', QUICK)
    void shells.look('two', QUICK)
    await host.request(3)

    expect(host.asked.map(({ shell }) => shell)).toEqual([0, 1, 1])
  })
})

describe('changes', () => {
  test('have the shell to themselves, one behind the other, whatever came of the one before', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const first = shells.act(['one', 'two'], QUICK)
    const second = shells.act(['three'], QUICK)
    await host.request(2)
    await settled()
    const before = host.asked.map(({ command, shell }) => [command, shell])
    host.asked[0]?.answer('', 1)
    host.asked[1]?.fail({ kind: 'lost', begun: false })
    const last = await host.request(3)
    last.answer('third')

    await expect(first).rejects.toMatchObject({ kind: 'lost' })
    expect(asText((await second).stdout)).toBe('third')
    expect(before).toEqual([
      ['one', 0],
      ['two', 0],
    ])
    expect(last).toMatchObject({ shell: 1, limit: 6_000 })
  })

  test('say that their time was over where it was, not that they were lost', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const change = shells.act(['change'], QUICK)
    ;(await host.request(1)).fail({ kind: 'overdue' })
    ;(await host.request(2)).answer()

    await expect(change).rejects.toMatchObject({ kind: 'overdue' })
  })

  test('answer with what the last of their commands says', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)

    const change = shells.act(['one', 'two'], QUICK)
    await host.request(2)
    host.asked[0]?.answer('first', 1)
    host.asked[1]?.answer('second', 2)

    const { stdout, exitCode } = await change
    expect([asText(stdout), exitCode]).toEqual(['second', 2])
  })
})

describe('closing them', () => {
  test('closes those that have answered', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)
    const answer = shells.look('one', QUICK)
    ;(await host.request(1)).answer()
    await answer

    shells.close()

    expect(host.closed).toEqual([0])
  })

  test('closes each that is open, also one that is just being opened', async () => {
    const host = memoryHost()
    const { promise: late, resolve: arrive } = Promise.withResolvers<void>()
    let opening = 0
    const open = async () => {
      opening += 1
      if (opening === 2) await late
      return host.open()
    }
    const shells = makeShells(open, host.first)
    void shells.aside('open', QUICK).catch(() => {})
    await host.request(1)
    const pending = shells.aside('opening', QUICK)
    await settled()

    shells.close()
    arrive()

    await expect(pending).rejects.toMatchObject({ kind: 'lost' })
    expect(host.closed).toEqual([0, 1, 2])
  })

  test('ends nothing on the host that is overdue then', async () => {
    const host = memoryHost()
    const shells = makeShells(host.open, host.first)
    const stuck = shells.look('stuck', QUICK)
    const request = await host.request(1)

    shells.close()
    request.fail({ kind: 'overdue' })

    await expect(stuck).rejects.toMatchObject({ kind: 'overdue' })
    expect(host.asked).toHaveLength(1)
    expect(host.opens).toBe(0)
  })
})
