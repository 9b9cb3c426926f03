import { element, inWords, link } from './element.js'

const HEIGHT = 22

/**
 * Thousands of rows of which only those in sight are elements, filled anew at most once per frame. `state` has the hosts
 * in order, the columns, and what is shown of them; whoever changes it calls `draw`.
 */
export function grid(state) {
  const room = element('div')
  const rows = element('div', { class: 'rows' }, room)
  const pool = []
  let asked = false

  function paint() {
    asked = false
    const { shown } = state
    room.style.height = `${shown.length * HEIGHT}px`
    const first = Math.max(0, Math.floor(rows.scrollTop / HEIGHT) - 2)
    const count = Math.min(shown.length - first, Math.ceil(rows.clientHeight / HEIGHT) + 4)
    while (pool.length < count) pool.push(makeRow(rows))
    for (const [index, row] of pool.entries()) {
      row.element.hidden = index >= count
      if (index < count) fill(row, shown[first + index], first + index, state)
    }
  }

  const draw = () => {
    if (!asked) requestAnimationFrame(paint)
    asked = true
  }
  rows.addEventListener('scroll', draw, { passive: true })
  new ResizeObserver(draw).observe(rows)
  return { rows, draw }
}

function makeRow(rows) {
  const name = link('', { class: 'name' })
  const result = element('span', { class: 'result' })
  const rest = element('span')
  const row = element('div', { class: 'row' }, name, result, rest)
  rows.append(row)
  return { element: row, name, result, rest, cells: [], spans: [], version: null }
}

/** What a row shows already is left alone. */
function fill(row, host, place, state) {
  const version = `${host.version} ${state.mode} ${state.columns.length} ${state.mode === 'times' ? state.until : ''}`
  row.element.style.transform = `translateY(${place * HEIGHT}px)`
  if (row.host === host && row.version === version) return
  row.host = host
  row.version = version
  row.name.textContent = host.host
  row.name.href = `#/${['runs', state.run.run, 'hosts', host.host].map(encodeURIComponent).join('/')}`
  row.result.textContent = host.result
  row.result.className = `result ${state.run.legend.results[host.result] ?? 'quiet'}`
  row.rest.className = state.mode === 'times' ? 'line' : 'cells'
  if (state.mode === 'times') fillTimes(row, host, state)
  else fillCells(row, host, state)
}

function fillCells(row, { cells }, { columns, run }) {
  hide(row.spans)
  grow(row, 'cells', columns.length, 'cell')
  for (const [index, cell] of row.cells.entries()) {
    const sign = run.legend.cells[cells[index]]
    cell.hidden = index >= columns.length
    cell.textContent = sign?.sign ?? ''
    cell.className = `cell ${sign?.tone ?? ''}`
    cell.title = sign ? `${columns[index].step}: ${sign.outcome}` : ''
  }
}

function fillTimes(row, { spans }, { columns, until }) {
  hide(row.cells)
  grow(row, 'spans', spans.length, 'span')
  for (const [index, bar] of row.spans.entries()) {
    const [column, began, ended] = spans[index] ?? []
    bar.hidden = index >= spans.length
    if (bar.hidden) continue
    bar.style.left = `${(100 * began) / until}%`
    bar.style.width = `${(100 * ((ended ?? until) - began)) / until}%`
    bar.style.background = colour(column)
    bar.title = `${columns[column].step}: ${ended === null ? 'not ended' : inWords(ended - began)}`
  }
}

/** Far apart for columns that stand beside each other. */
export const colour = (column) => `hsl(${(column * 137) % 360} 55% 50%)`

function grow(row, kind, count, name) {
  while (row[kind].length < count) {
    const one = element('span', { class: name })
    row[kind].push(one)
    row.rest.append(one)
  }
}

function hide(elements) {
  for (const one of elements) one.hidden = true
}
