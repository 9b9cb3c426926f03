import { element, inWords, link, shownTime } from './element.js'
import { ask } from './session.js'

/** Milliseconds between two looks at a host. */
const PAUSE = 2_000

/** One host of a run with its steps, what they printed, and its notes. */
export async function hostPage(page, signal, run, host) {
  const { legend } = await ask('runs', run)
  let before = ''
  while (!signal.aborted) {
    const view = await ask('runs', run, 'hosts', host)
    const now = JSON.stringify(view)
    if (now !== before && !signal.aborted) page.replaceChildren(...told(view, run, legend))
    before = now
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

function told({ host, result, text, code, remedy, owned, step, debts, notes, steps }, run, legend) {
  const signs = new Map(Object.values(legend.cells).map((sign) => [sign.outcome, sign]))
  const said = (words, tone = '') => element('p', { class: tone }, words)
  return [
    element('h1', {}, link('runs', {}), ' / ', link(run, {}, 'runs', run), ` / ${host}`),
    element(
      'div',
      { class: 'scroll' },
      element(
        'p',
        {},
        element('b', { class: legend.results[result] ?? '' }, result),
        ` ${step ? `at ${step}: ` : ''}${code ? `${code}: ` : ''}${text}`,
      ),
      ...(remedy ? [said(`→ ${remedy}`)] : []),
      ...(owned ? [said(`It stays owned by this run: ${owned}`, 'bad')] : []),
      ...debts.map((debt) => said(`It owes ${debt.step}${debt.due ? `: ${debt.due}` : ''}`, 'bad')),
      ...notes.map((note) => said(`${note.code}: ${note.text}`, TONES[note.level])),
      element('table', {}, ...steps.map((one) => stepRow(one, signs))),
    ),
  ]
}

const TONES = { info: 'quiet', warning: 'wait', error: 'bad' }

function stepRow({ step, outcome, text, planned, milliseconds, tail, attempts }, signs) {
  const sign = signs.get(outcome)
  const line = ({ act, attempt, began, ended, outcome: end, text: words }) =>
    `${shownTime(began)}: ${act} ${attempt}: ${end ?? 'not ended'}${ended === null ? '' : ` in ${inWords(ended - began)}`}, ${words}`
  return element(
    'tr',
    {},
    element('td', { class: sign?.tone ?? '' }, sign?.sign ?? ''),
    element('td', {}, element('code', {}, step)),
    element('td', {}, outcome),
    element('td', {}, milliseconds > 0 ? inWords(milliseconds) : ''),
    element(
      'td',
      {},
      text,
      ...(planned && planned !== text ? [element('div', { class: 'quiet' }, `planned: ${planned}`)] : []),
      ...attempts.map((one) => element('div', { class: 'quiet' }, line(one))),
      ...(tail ? [element('pre', {}, tail)] : []),
    ),
  )
}
