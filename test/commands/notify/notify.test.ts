import { createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { messageOf } from '../../../src/commands/notify/message.ts'
import { notifier } from '../../../src/commands/notify/notify.ts'
import { makeReport } from '../../../src/engine/make-report.ts'
import { secret } from '../../../src/model/secret.ts'
import { planned, recordedRows, released, runOf } from '../../engine/rows.ts'

const REPORT = makeReport(
  recordedRows([
    runOf('hv-01', 'hv-02'),
    planned({}, 'hv-01'),
    planned({}, 'hv-02'),
    released('changed', {}, 'hv-01'),
    released('failed', { code: 'E_EXIT', text: "it's broken" }, 'hv-02'),
  ]),
)

it('the message of a run says how it ended, which hosts need a hand, and what to type next', () => {
  expect(messageOf(REPORT, 3)).toEqual({
    run: 'r1',
    runbook: 'toy',
    exitCode: 3,
    meaning: 'failed, blocked, partial, needs a person, unpaid debt, lost after a change',
    summary: '1 changed, 1 failed',
    counts: { changed: 1, failed: 1 },
    failing: [{ host: 'hv-02', result: 'failed', code: 'E_EXIT', text: "it's broken" }],
    next: 'runbook resume r1',
  })
})

describe('the end of a run is told', () => {
  let folder: string
  let server: Server
  let address: string
  let heard: { headers: IncomingHttpHeaders; body: string }[]
  let status: number

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runbook-notify-'))
    heard = []
    status = 204
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      heard.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const place = server.address()
    address = `http://127.0.0.1:${typeof place === 'object' && place ? place.port : 0}/hook`
  })

  afterEach(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  })

  /** What was said beside it. */
  async function tell(notify: readonly string[], notifyKey?: string): Promise<readonly string[]> {
    const said: string[] = []
    const operator = { environment: process.env, say: (line: string) => said.push(line) }
    const obtain = async (reference: string) => secret('the key', reference)
    const told = await notifier({ operator, obtain }, { notify, ...(notifyKey ? { notifyKey } : {}) })
    await told(REPORT, 3)
    return said
  }

  it('to a web address, as JSON that is signed together with the time', async () => {
    const said = await tell([address], 'file:/key')

    const [{ headers, body } = { headers: {}, body: '' }] = heard
    const wanted = createHmac('sha256', 'the key').update(`${headers['x-runbook-timestamp']}.${body}`).digest('hex')
    expect(said).toEqual([])
    expect(JSON.parse(body)).toEqual(messageOf(REPORT, 3))
    expect(headers['x-runbook-signature']).toBe(`sha256=${wanted}`)
    expect(JSON.stringify(heard)).not.toContain('the key')
  })

  it('without a key unsigned', async () => {
    await tell([address])

    expect(heard[0]?.headers).not.toHaveProperty('x-runbook-signature')
  })

  it.each([
    [500, 'it answered 500'],
    [302, 'unexpected redirect'],
  ])('and a server that answers %i is warned of', async (answer, why) => {
    status = answer

    expect(await tell([address])).toEqual([`warning: --notify ${new URL(address).origin}: ${why}`])
    expect(heard).toHaveLength(1)
  })

  it('and a server that is not there is warned of', async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))

    expect((await tell([address])).join()).toMatch(/^warning: --notify .*: connect ECONNREFUSED/)
  })

  it('to a command, by its environment; one that fails is warned of with what it says', async () => {
    const file = join(folder, 'told')
    const words = '"$RUNBOOK_RUN $RUNBOOK_NAME $RUNBOOK_EXIT_CODE: $RUNBOOK_SUMMARY; $RUNBOOK_FAILING"'

    const said = await tell([`echo ${words} >${file}`, 'echo no mail here >&2; exit 9'])

    expect(await readFile(file, 'utf8')).toBe('r1 toy 3: 1 changed, 1 failed; hv-02\n')
    expect(said).toEqual(['warning: --notify echo no mail here >&2; exit 9: exit 9: no mail here'])
  })

  it('and an address with a password in it is refused before anything begins', async () => {
    await expect(tell(['https://me:word@example.net/'])).rejects.toMatchObject({
      message: '--notify: no name or password may stand before example.net',
    })
  })
})
