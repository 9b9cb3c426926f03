import { element } from './element.js'
import { hostPage } from './host-page.js'
import { runPage } from './run-page.js'
import { runsPage } from './runs-page.js'
import { enter } from './session.js'

const page = document.getElementById('page')
let leaving = new AbortController()

/** Shows the place that the address names, until it names another. */
async function show() {
  leaving.abort()
  leaving = new AbortController()
  const { signal } = leaving
  try {
    await shown(location.hash.slice(2).split('/').map(decodeURIComponent), signal)
  } catch (error) {
    if (!signal.aborted) page.prepend(element('p', { class: 'bad', role: 'alert' }, error.message))
  }
}

function shown([runs, run, hosts, host], signal) {
  if (runs === 'runs' && hosts === 'hosts' && host) return hostPage(page, signal, run, host)
  if (runs === 'runs' && run) return runPage(page, signal, run)
  return runsPage(page)
}

try {
  await enter()
  addEventListener('hashchange', show)
  await show()
} catch (error) {
  page.replaceChildren(element('p', { class: 'bad', role: 'alert' }, error.message))
}
