import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { type MemoryJournal, memoryJournal } from '../../../src/journal/memory-journal.ts'
import type { Event } from '../../../src/model/event.ts'
import type { Deed } from '../../../src/page/hands.ts'
import { openPage, type PageServer } from '../../../src/page/page-server.ts'
import { begun, ended, planned, plannedStep, runOf } from '../../engine/rows.ts'
import { FAILING } from '../../reporter/report/told.ts'
import { CHROMIUM, chromium, type Tab } from './chromium.ts'

// A browser of 2,000 hosts starts slowly where others work too.
const title = `the page in Chromium${CHROMIUM ? '' : ', of which there is none here'}`
describe.skipIf(!CHROMIUM)(title, { timeout: 120_000 }, () => {
  let journal: MemoryJournal
  let page: PageServer
  let tab: Tab
  beforeAll(async () => {
    tab = await chromium(CHROMIUM ?? '')
  }, 120_000)
  afterAll(() => tab?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    journal = memoryJournal({ redact: (text) => text })
    page = await openPage({ journal, isAlive: () => false })
  })
  afterEach(async () => {
    // A page that is left asks nothing more of the server that goes.
    await tab.open('about:blank')
    await page.close()
  })

  /** The same runs, on a page that may approve them. */
  async function withHands(): Promise<readonly Deed[]> {
    await page.close()
    const done: Deed[] = []
    const hands = {
      standing: async () => (done.length > 0 ? WORKING : WAITING),
      asked: async () => ({ question: 'Change 4 hosts?', plan: 'toy on 4 hosts\n~ <b>hv-01</b>', seal: 'seal-1' }),
      act: async (_run: string, deed: Deed) => void done.push(deed),
    }
    page = await openPage({ journal, isAlive: () => false, hands })
    return done
  }

  const write = (hosts: readonly string[], ...events: readonly Event[]) => journal.append([runOf(...hosts), ...events])
  const enter = async (place: string): Promise<void> => {
    await tab.open(page.address)
    await tab.until(`document.querySelector('h1')?.textContent === 'runs'`)
    await tab.see(`location.hash = ${JSON.stringify(place)}`)
  }

  it('shows what a hostile host printed as text, and runs nothing of it', async () => {
    await write(...FAILING)

    await enter('#/runs/r1/hosts/hv-03')
    await tab.until(`document.querySelector('pre') !== null`)

    expect(await tab.see(`document.querySelector('pre').textContent`)).toContain(
      '<script>alert(1)</script> ^[[2J^[]0;owned^G ]]> &amp;',
    )
    expect(await tab.see(`document.querySelectorAll('script, img, iframe, style, [style], [onclick]').length`)).toBe(1)
    expect(tab.complaints()).toEqual([])
  })

  it('has the token in its address no more, and lets nobody in by it again', async () => {
    await write(...FAILING)
    await enter('#/')

    expect(await tab.see('location.href')).not.toContain(page.address.split('#')[1])
    await tab.open('about:blank')
    await tab.open(page.address)
    await tab.until(`document.body.innerText.includes('this address was used')`)
    expect(tab.complaints()).toEqual([expect.stringContaining('403')])
  })

  it('shows what is to be approved, and approves just that, in the name of who says so', async () => {
    await write(...FAILING)
    const done = await withHands()
    await enter('#/runs/r1')
    await tab.until(`document.querySelector('.acts button')?.textContent === 'Approve …'`)

    await tab.see(`document.querySelector('.acts button').click()`)
    await tab.until(`document.querySelector('.act pre') !== null`)
    const plan = await tab.see(`document.querySelector('.act pre').textContent`)
    await tab.see(`document.querySelector('.act form').requestSubmit()`)
    const early = done.length
    await tab.see(`[...document.querySelectorAll('.act input')].forEach((input) => (input.value = input.ariaLabel))`)
    await tab.see(`document.querySelector('.act form').requestSubmit()`)
    await tab.until(`document.querySelector('.acts button')?.textContent === 'Pause …'`)

    expect(plan).toBe('toy on 4 hosts\n~ <b>hv-01</b>')
    expect(early).toBe(0)
    expect(done).toEqual([{ act: 'approve', name: 'your name', reason: 'because', seal: 'seal-1' }])
    expect(tab.complaints()).toEqual([])
  })

  it('has elements only for the hosts in sight of 2,000, and follows the run', async () => {
    const hosts = Array.from({ length: 2_000 }, (_, index) => `hv-${String(index + 1).padStart(4, '0')}`)
    const steps = Array.from({ length: 12 }, (_, index) => plannedStep(`step-${index}`, 'needed'))
    await write(hosts, ...hosts.map((host) => planned({ host, steps }, host)))

    await enter('#/runs/r1')
    await tab.until(rowOf('hv-0001', '············'))
    await journal.append([begun('step-0', { host: 'hv-0001' }), ended('step-0', 'changed', { host: 'hv-0001' })])
    await tab.until(rowOf('hv-0001', '~···········'))
    await tab.see(`document.querySelector('.rows').scrollTop = 1e6`)
    await tab.until(rowOf('hv-2000', '············'))

    expect(await tab.see<number>(`document.querySelectorAll('.row').length`)).toBeLessThan(100)
    expect(await tab.see(`document.querySelector('.bar').innerText`)).toContain('1 unfinished')
    expect(tab.complaints()).toEqual([])
  })
})

const WAITING = { text: 'waits for an approval', acts: ['approve', 'cancel'] } as const
const WORKING = { text: 'under way', acts: ['pause', 'cancel'] } as const

/** Is there a row in sight of this host, with these signs? */
const rowOf = (host: string, signs: string): string =>
  `[...document.querySelectorAll('.row:not([hidden])')].some((row) =>
    row.querySelector('.name').textContent === '${host}' && row.querySelector('.cells')?.textContent === '${signs}')`
