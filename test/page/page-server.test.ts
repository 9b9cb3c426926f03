import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type MemoryJournal, memoryJournal } from '../../src/journal/memory-journal.ts'
import { openPage, type PageServer } from '../../src/page/page-server.ts'
import type { GridChanges } from '../../src/page/run-feed.ts'
import { begun, ended, runOf } from '../engine/rows.ts'
import { FAILING } from '../reporter/report/told.ts'
import { http } from './http-client.ts'

let journal: MemoryJournal
let page: PageServer
let base: string
let token: string
beforeEach(async () => {
  journal = memoryJournal({ redact: (text) => text })
  const [hosts, ...events] = FAILING
  await journal.append([runOf(...hosts), ...events])
  page = await openPage({ journal, isAlive: () => false })
  ;[base = '', token = ''] = page.address.split('/#')
})
afterEach(() => page.close())

const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })
const enter = (secret = token) => http(`${base}/api/session`, { method: 'POST', ...bearer(secret) })
const session = async (): Promise<string> => JSON.parse((await enter()).text).session

describe('the page', () => {
  it('lets in who shows the token of its address, once', async () => {
    const [wrong, first, again] = [await enter('x'.repeat(43)), await enter(), await enter()]

    expect([wrong.status, first.status, again.status]).toEqual([403, 200, 403])
    expect(JSON.parse(first.text)).toEqual({ session: expect.stringMatching(/^[\w-]{43}$/) })
  })

  it.each(['/api/runs', '/api/runs/r1', '/api/runs/r1/hosts/hv-03', '/api/runs/r1/live', '/api/zzz', '/package.json'])(
    'says nothing of %s without a session',
    async (path) => {
      const answers = [
        await http(base + path),
        await http(base + path, bearer(token)),
        await http(base + path, bearer('')),
        await http(`${base + path}?session=${await session()}`),
      ]

      expect(answers.map(({ status, text }) => [status, text])).toEqual(
        answers.map(() => [401, '{"error":"enter by the address that was printed"}']),
      )
    },
  )

  it('has no word of any run in the files that everybody may read, and no script or style within the page', async () => {
    const files = ['/', '/page.css', '/main.js', '/grid.js', '/run-page.js']

    const answers = await Promise.all(files.map((file) => http(base + file)))

    expect(answers.map(({ status }) => status)).toEqual(files.map(() => 200))
    for (const { text } of answers) expect(text).not.toMatch(/hv-0\d|ops@desk/)
    expect(answers[0]?.text).not.toMatch(/<script[^>]*>[^<]|<style|\sstyle=|\son\w+=|https?:/)
  })

  it('forbids what it does not need, in every answer', async () => {
    const answers = await Promise.all([http(base), http(`${base}/api/runs`), http(`${base}/zzz`), enter()])

    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      })
    }
  })

  it.each<readonly [number, string, Record<string, string>]>([
    [403, 'a name of somebody else that leads here', { host: 'attacker.example:80' }],
    [403, 'such a name that begins as ours does', { host: '127.0.0.1.attacker.example' }],
    [403, 'an address', { host: '192.0.2.1' }],
    [403, 'a page of another server', { origin: 'http://attacker.example' }],
    [403, 'a page of another port', { origin: 'http://127.0.0.1:1' }],
    [403, 'a link of another site', { 'sec-fetch-site': 'cross-site' }],
    [403, 'a page of another port, as browsers tell it', { 'sec-fetch-site': 'same-site' }],
    [200, 'the end of a tunnel', { host: 'localhost:9000' }],
    [200, 'its own page', { host: '127.0.0.1:8000', origin: 'http://127.0.0.1:8000', 'sec-fetch-site': 'same-origin' }],
  ])('answers with %i to %s', async (status, _who, headers) => {
    const { authorization } = bearer(await session()).headers

    const answers = [
      await http(`${base}/`, { headers }),
      await http(`${base}/api/runs`, { headers: { authorization, ...headers } }),
    ]

    expect(answers.map((answer) => answer.status)).toEqual([status, status])
  })

  it('only reads', async () => {
    const { authorization } = bearer(await session()).headers

    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await http(`${base}/api/runs`, { method, headers: { authorization } })).status).toBe(405)
  })

  it('listens on this machine alone', () => {
    expect(base).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })
})

describe('what it tells inside', () => {
  const told = async (path: string) => http(base + path, bearer(await session()))

  it('is each run, the newest first, with what became of it', async () => {
    expect(JSON.parse((await told('/api/runs')).text)).toEqual({
      runs: [
        {
          run: 'r1',
          runbook: 'toy',
          at: expect.any(Number),
          who: 'ops@desk',
          hosts: 4,
          alive: false,
          exitCode: 3,
          text: '2 changed, 1 unreachable, 1 failed',
        },
      ],
    })
  })

  it('is one host with its steps and what they printed, whose escapes are spelt out', async () => {
    const { text } = await told('/api/runs/r1/hosts/hv-03')

    expect(JSON.parse(text)).toMatchObject({
      host: 'hv-03',
      result: 'failed',
      steps: [{ step: 'tuned', tail: expect.stringContaining('<script>alert(1)</script> ^[[2J^[]0;owned^G') }, {}],
    })
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
  })

  it.each([
    '/api/runs/zzz',
    '/api/runs/r1/hosts/zzz',
    '/api/runs/zzz/live',
    '/api/runs/r1/zzz',
    '/api/runs/r1/hosts/hv-01/x',
    '/api/runs/%ff',
  ])('is nothing at %s', async (path) => {
    expect((await told(path)).status).toBe(404)
  })

  it('is the grid of a run, and then what changes, as long as somebody listens', async () => {
    const response = await fetch(`${base}/api/runs/r1/live`, bearer(await session()))
    const heard = changesOf(response)

    const { value: first } = await heard.next()
    await journal.append([begun('tuned', { host: 'hv-04' }), ended('tuned', 'changed', { host: 'hv-04' })])
    const { value: second } = await heard.next()
    await heard.return(undefined)

    expect(first?.columns).toEqual([
      { step: 'tuned', kind: 'step' },
      { step: 'checked', kind: 'step' },
    ])
    expect(first?.hosts.map(({ host, result, cells }) => [host, result, cells])).toEqual([
      ['hv-01', 'changed', 'ba'],
      ['hv-02', 'changed', 'ba'],
      ['hv-03', 'failed', 'dk'],
      ['hv-04', 'unreachable', '--'],
    ])
    expect(second).toEqual({
      hosts: [{ host: 'hv-04', result: 'unfinished', cells: 'b-', spans: [expect.any(Array)] }],
    })
  })
})

async function* changesOf(response: Response): AsyncGenerator<GridChanges, undefined> {
  let rest = ''
  for await (const text of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) yield JSON.parse(event.slice('data: '.length))
  }
}
