import { element, link, shownTime } from './element.js'
import { ask } from './session.js'

/** All runs, the newest first. */
export async function runsPage(page) {
  const { runs } = await ask('runs')
  const row = ({ run, runbook, at, who, hosts, alive, exitCode, text }) =>
    element(
      'tr',
      {},
      element('td', {}, link(run, {}, 'runs', run)),
      element('td', {}, runbook),
      element('td', {}, shownTime(at)),
      element('td', {}, `${hosts}`),
      element('td', { class: alive ? 'change' : exitCode === 0 ? 'good' : 'bad' }, alive ? `under way: ${text}` : text),
      element('td', {}, who),
    )
  page.replaceChildren(
    element('h1', {}, 'runs'),
    element('div', { class: 'scroll' }, element('table', {}, ...runs.map(row))),
  )
}
