// `node bench/page.ts`: the page at 2,000 hosts by 12 steps while 200 events arrive a second, in Debian's Chromium.
// `--pictures FOLDER` leaves what it shows as PNG files there.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { memoryJournal } from '../src/journal/memory-journal.ts'
import { openPage } from '../src/page/page-server.ts'
import { begun, ended, planned, plannedStep, runOf } from '../test/engine/rows.ts'
import { CHROMIUM, chromium } from '../test/page/browser/chromium.ts'

const { values } = parseArgs({ options: { pictures: { type: 'string' } } })
if (!CHROMIUM) throw new Error('there is no Chromium: apt-get install chromium')

const HOSTS = Array.from({ length: 2_000 }, (_, index) => `hv-${String(index + 1).padStart(4, '0')}`)
const NAMES =
  'known cpu memory boot-loader arguments boot-config reboot pages mounted-1g mounted-2m libvirt seen'.split(' ')
const SECONDS = 5

const journal = memoryJournal({ redact: (text) => text })
const steps = NAMES.map((name) => plannedStep(name, 'needed'))
await journal.append([runOf(...HOSTS), ...HOSTS.map((host) => planned({ host, steps }, host))])
for (const step of NAMES.slice(0, 4)) {
  await journal.append(HOSTS.flatMap((host) => [begun(step, { host }), ended(step, 'changed', { host })]))
}

await using tab = await chromium(CHROMIUM)
const page = await openPage({ journal, isAlive: () => true })
await tab.open(page.address)
await tab.until(`document.querySelector('h1')?.textContent === 'runs'`)
const interactive = await tab.see<number>(`(async () => {
  const began = performance.now()
  location.hash = '#/runs/r1'
  while (!document.querySelector('.row .cell')?.textContent) await new Promise(requestAnimationFrame)
  return performance.now() - began
})()`)
const paint = await tab.see<number>(`performance.getEntriesByName('first-contentful-paint')[0].startTime`)
const figures: Record<string, object> = { start: { firstPaint: whole(paint), gridFilled: whole(interactive) } }

figures.idle = await frames()
const events = sendEvents()
figures.events = await frames()
await picture('grid')
await tab.see(`{ const rows = document.querySelector('.rows')
  globalThis.scrolling = setInterval(() => { rows.scrollTop = (rows.scrollTop + 44) % 40000 }, 50) }`)
figures.scrolling = await frames()
await tab.see(`clearInterval(globalThis.scrolling)`)
await tab.see(`document.querySelectorAll('input[type=checkbox]')[1].click()`)
figures.timeLine = await frames()
await picture('times')
clearInterval(events)
await tab.see(`location.hash = '#/runs/r1/hosts/hv-0001'`)
await tab.until(`document.querySelector('table code') !== null`)
await picture('host')
await page.close()
console.table(figures)
console.log(JSON.stringify({ figures, complaints: tab.complaints().length }))

/** Times between frames in milliseconds, and how much of the time the page's thread worked. */
async function frames(): Promise<object> {
  const before = await tab.metrics()
  const gaps = await tab.see<number[]>(`(async () => {
    const gaps = []
    for (let last = performance.now(), end = last + ${SECONDS * 1_000}; last < end; ) {
      await new Promise(requestAnimationFrame)
      gaps.push(performance.now() - last)
      last += gaps.at(-1)
    }
    return gaps.sort((a, b) => a - b)
  })()`)
  const after = await tab.metrics()
  const at = (share: number): number => Math.round((gaps[Math.floor((gaps.length - 1) * share)] ?? 0) * 10) / 10
  const worked =
    ((after.TaskDuration ?? 0) - (before.TaskDuration ?? 0)) / ((after.Timestamp ?? 1) - (before.Timestamp ?? 0))
  return {
    perSecond: whole(gaps.length / SECONDS),
    median: at(0.5),
    p99: at(0.99),
    worst: at(1),
    busyPercent: whole(worked * 100),
  }
}

/** 200 a second, a host after the other. */
function sendEvents(): NodeJS.Timeout {
  let sent = 0
  return setInterval(() => {
    const rows = Array.from({ length: 10 }, () => {
      const host = HOSTS[sent % HOSTS.length] ?? ''
      const step = NAMES[4 + Math.floor(sent / HOSTS.length)] ?? ''
      sent += 1
      return [begun(step, { host }), ended(step, sent % 40 === 0 ? 'failed' : 'changed', { host })]
    })
    void journal.append(rows.flat())
  }, 100)
}

async function picture(name: string): Promise<void> {
  if (values.pictures !== undefined) await writeFile(join(values.pictures, `${name}.png`), await tab.picture())
}

function whole(value: number): number {
  return Math.round(value)
}
