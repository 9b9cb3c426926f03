import { element, inWords, link, shownTime } from './element.js'
import { colour, grid } from './grid.js'
import { runActs } from './run-acts.js'
import { ask, follow } from './session.js'

const FINE = new Set(['changed', 'satisfied', 'rolled-back', 'not-for-this-host'])

/** One run as a grid that follows, and as a time line. */
export async function runPage(page, signal, name) {
  const run = await ask('runs', name)
  const state = { run, columns: [], hosts: new Map(), shown: [], mode: 'steps', until: 1 }
  for (const host of run.hosts) state.hosts.set(host, { host, result: 'not-reached', cells: '', spans: [], version: 0 })
  const { rows, draw } = grid(state)
  const counts = element('span')
  const heads = element('div', { class: 'heads' })
  const search = element('input', { placeholder: 'host', 'aria-label': 'only hosts with this in their name' })
  const open = element('input', { type: 'checkbox' })
  const times = element('input', { type: 'checkbox' })

  function choose() {
    const wanted = search.value.trim()
    state.shown = [...state.hosts.values()].filter(
      ({ host, result }) => host.includes(wanted) && (!open.checked || !FINE.has(result)),
    )
    state.mode = times.checked ? 'times' : 'steps'
    counts.textContent = countsText(state.hosts.values())
    heads.className = `heads ${state.mode}`
    heads.replaceChildren(...headsOf(state))
    draw()
  }
  for (const input of [search, open, times]) input.addEventListener('input', choose)
  page.replaceChildren(
    element('h1', {}, link('runs', {}), ' / ', `${run.runbook}, run ${run.run}`),
    element('div', { class: 'quiet' }, factsText(run)),
    ...runActs(name, signal),
    element(
      'div',
      { class: 'bar' },
      counts,
      search,
      element('label', {}, open, ' only what needs a hand'),
      element('label', {}, times, ' where the time went'),
    ),
    heads,
    rows,
  )
  choose()
  await follow(['runs', name, 'live'], signal, ({ columns, hosts }) => {
    if (columns) state.columns = columns
    for (const host of hosts) {
      Object.assign(state.hosts.get(host.host), host).version += 1
      for (const [, began, ended] of host.spans) state.until = Math.max(state.until, ended ?? began)
    }
    choose()
  })
}

const factsText = ({ began, who, reason, inventory, bundle }) =>
  `begun ${shownTime(began)} by ${who}${reason ? `, because ${reason}` : ''}; inventory ${inventory}; sources ${bundle}`

function countsText(hosts) {
  const counts = new Map()
  for (const { result } of hosts) counts.set(result, (counts.get(result) ?? 0) + 1)
  return [...counts].map(([result, count]) => `${count} ${result}`).join(', ')
}

function headsOf({ columns, mode, until }) {
  if (mode === 'times') return [element('b', {}, `from 0 to ${inWords(until)}`), ...columns.map(legendOf)]
  const before = [element('span', { class: 'name' }), element('span', { class: 'result' })]
  return [...before, ...columns.map(({ step }) => element('span', { class: 'cell' }, step))]
}

function legendOf({ step }, column) {
  const sign = element('span', {}, '■ ')
  sign.style.color = colour(column)
  return element('span', {}, sign, step)
}
