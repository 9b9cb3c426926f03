import { afterEach, describe, expect, it } from 'vitest'

import { memoryJournal } from '../../src/journal/memory-journal.ts'
import { UsageError } from '../../src/model/errors.ts'
import type { Deed, Hands } from '../../src/page/hands.ts'
import { openPage, type PageServer } from '../../src/page/page-server.ts'

const DEED = { act: 'pause', name: 'Ann', reason: 'disks are full', seal: '' }

let page: PageServer | undefined
afterEach(() => page?.close())

/** A page with hands that note what they do, and a client that has been let in. */
async function opened(hands?: Partial<Hands>) {
  const done: (Deed & { readonly run: string })[] = []
  const noting: Hands = {
    standing: async () => ({ text: 'paused', acts: ['go-on'] }),
    asked: async () => ({ question: 'Change 2 hosts?', plan: 'toy on 2 hosts', seal: 's' }),
    act: async (run, deed) => void done.push({ run, ...deed }),
    ...hands,
  }
  page = await openPage({ journal: memoryJournal(), isAlive: () => false, ...(hands ? { hands: noting } : {}) })
  const [base = '', token = ''] = page.address.split('/#')
  const entered = await fetch(`${base}/api/session`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  // The shape of what the page itself is let in with.
  const { session } = (await entered.json()) as { session: string }
  const headers = { authorization: `Bearer ${session}` }
  const post = async (body: string, to = '/api/runs/r1/acts', as: Record<string, string> = headers) => {
    const response = await fetch(base + to, { method: 'POST', headers: as, body })
    return [response.status, await response.json()]
  }
  const get = async (path: string) => (await fetch(base + path, { headers })).json()
  return { done, post, get }
}

describe('an act on the page', () => {
  it('is done in the name and for the reason that were given, and shows where the run stands then', async () => {
    const { done, post } = await opened({})

    const answer = await post(JSON.stringify({ ...DEED, name: ' Ann ' }))

    expect(answer).toEqual([200, { text: 'paused', acts: ['go-on'] }])
    expect(done).toEqual([{ run: 'r1', ...DEED }])
  })

  it.each([
    ['no name', { ...DEED, name: ' ' }, 'say who you are, in 100 letters at most'],
    ['no reason', { ...DEED, reason: '' }, 'say why, in 1000 letters at most'],
    ['a reason of many pages', { ...DEED, reason: 'x'.repeat(1_001) }, 'say why, in 1000 letters at most'],
    ['an act that there is not', { ...DEED, act: 'unlock' }, 'nothing is known by this act'],
    ['a name that is no text', { ...DEED, name: ['Ann'] }, 'say who you are, in 100 letters at most'],
    ['nothing', null, 'nothing is known by this act'],
    ['more than any act is', { ...DEED, more: 'x'.repeat(20_000) }, 'nothing is known by this act'],
  ])('with %s is refused with what is missing', async (_what, deed, error) => {
    const { done, post } = await opened({})

    expect(await post(JSON.stringify(deed))).toEqual([400, { error }])
    expect(done).toEqual([])
  })

  it('that came too late says what has happened meanwhile', async () => {
    const act = async () => {
      throw new UsageError('the workers are done with it')
    }
    const { post } = await opened({ act })

    expect(await post(JSON.stringify(DEED))).toEqual([409, { error: 'the workers are done with it' }])
  })

  it('is nobody’s who was not let in', async () => {
    const { done, post } = await opened({})

    expect((await post(JSON.stringify(DEED), undefined, {}))[0]).toBe(401)
    expect(done).toEqual([])
  })

  it('is not to be had where runs are those of this machine', async () => {
    const { post, get } = await opened()

    expect(await post(JSON.stringify(DEED))).toEqual([405, { error: 'this page only reads' }])
    expect(await get('/api/runs/r1/standing')).toEqual({})
  })

  it('is not to be had anywhere else', async () => {
    const { post } = await opened({})

    for (const to of ['/api/runs/r1', '/api/runs/r1/acts/more', '/acts', '/'])
      expect((await post(JSON.stringify(DEED), to))[0]).toBe(405)
  })
})
