import { inWords } from '../../../model/duration.ts'
import { foldHosts } from '../../wording/fold-hosts.ts'
import { whyText } from '../../wording.ts'
import type { AlikeHosts } from '../alike-hosts.ts'
import type { AttemptView, HostView, StepView } from '../run-view.ts'
import { HOST_TONES, STEP_SIGNS } from '../signs.ts'
import { utc } from '../times.ts'
import { type Markup, markup, when } from './markup.ts'

/** The hosts of a run, alike ones together: those that need a hand are unfolded. */
export const hostsSection = (groups: readonly AlikeHosts[]): Markup => markup`<h2>Hosts</h2>
${groups.map(groupMarkup)}`

function groupMarkup({ names, view, bad }: AlikeHosts): Markup {
  const { result, step, remedy, owned, debts, notes, steps } = view
  const open = { markup: bad ? ' open' : '' }
  const count = names.length > 1 ? ` (${names.length} hosts)` : ''
  return markup`<details${open}>
<summary><b class="${HOST_TONES[result]}">${result}</b> <b>${foldHosts(names)}</b>${count}${step === undefined ? '' : ` at ${step}`}: ${whyText(view.host, view)}</summary>
${when(remedy, () => markup`<p class="remedy">${remedy ?? ''}</p>`)}
${debts.map(debtMarkup)}
${when(owned, () => markup`<p class="bad">It stays owned by this run: ${owned ?? ''}</p>`)}
${notes.map(noteMarkup)}
${when(steps.length > 0, () => markup`<table>${steps.map((one) => stepRow(one, { times: names.length === 1 }))}</table>`)}
</details>
`
}

const debtMarkup = ({ step, due }: HostView['debts'][number]): Markup =>
  markup`<p class="bad">It owes <code>${step}</code>${due === undefined ? '' : `: ${due}`}</p>`

const NOTE_TONES = { info: 'quiet', warning: 'wait', error: 'bad' } as const

const noteMarkup = ({ code, level, text }: HostView['notes'][number]): Markup =>
  markup`<p class="${NOTE_TONES[level]}"><code>${code}</code> ${text}</p>`

/** Times are one host's own: of several that are alike the grid and the table of steps tell them. */
function stepRow({ step, outcome, text, planned, milliseconds, tail, attempts }: StepView, show: Show): Markup {
  const { sign, tone } = STEP_SIGNS[outcome]
  const tried = attempts.length > 1 || attempts.some(({ ended }) => ended === null)
  const took = show.times && milliseconds > 0 ? inWords(milliseconds) : ''
  return markup`<tr><td class="sign ${tone}">${sign}</td><td><code>${step}</code></td><td>${outcome}</td><td>${took}</td>
<td>${text}${when(planned !== undefined && planned !== text, () => markup`<br><span class="quiet">planned: ${planned ?? ''}</span>`)}
${when(tried, () => markup`<br>${attempts.map((one) => attemptMarkup(one, show))}`)}${when(tail, () => markup`<pre>${tail ?? ''}</pre>`)}</td></tr>
`
}

interface Show {
  readonly times: boolean
}

function attemptMarkup({ act, attempt, began, outcome, text }: AttemptView, { times }: Show): Markup {
  const at = times ? `${utc(began)}: ` : ''
  return markup`<span class="quiet">${at}${act} ${attempt}: ${outcome ?? 'not ended'}, ${text}</span><br>`
}
