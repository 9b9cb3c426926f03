import { createHash } from 'node:crypto'

import { inWords } from '../../../model/duration.ts'
import { countsText } from '../../wording/report-text.ts'
import { alikeHosts, stepTimes } from '../alike-hosts.ts'
import type { HostView, RunView } from '../run-view.ts'
import { HOST_TONES, STEP_SIGNS } from '../signs.ts'
import { utc } from '../times.ts'
import { hostsSection } from './html-hosts.ts'
import { STYLE } from './html-style.ts'
import { type Markup, markup, when } from './markup.ts'

/**
 * A run as one HTML file: it loads nothing, has no script, and its own policy forbids both, so that it can be sent on.
 * Hosts that ended alike are told once; the grid has every one.
 */
export function htmlReport(view: RunView): string {
  const { run, runbook, deeds, next } = view
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${{ markup: POLICY }}">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>${runbook}, run ${run}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<h1>${runbook}, run ${run}</h1>
<p>${countsText(view)}</p>
${facts(view)}
${when(next.length > 0, () => markup`<h2>Next</h2>${next.map(nextLine)}`)}
${hostsSection(alikeHosts(view))}
${grid(view)}
${times(view)}
${when(deeds.length > 0, () => markup`<h2>Who did what</h2><table>${deeds.map(deedRow)}</table>`)}
</body>
</html>
`
  return page.markup
}

const digest = createHash('sha256').update(STYLE).digest('base64')
const POLICY = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`

function facts({ began, ended, who, reason, inventory, bundle, versions }: RunView): Markup {
  const rows: readonly (readonly [string, string])[] = [
    ['began', `${utc(began)} by ${who}`],
    ...(reason === '' ? [] : [['because', reason] as const]),
    ['ended', ended === null ? 'not yet' : `${utc(ended)}, after ${inWords(ended - began)}`],
    ['inventory', inventory],
    ['sources', bundle],
    ...Object.entries(versions),
  ]
  return markup`<dl>${rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
}

const nextLine = ({ command, why }: RunView['next'][number]): Markup => markup`<p><code>${command}</code> ${why}</p>`

const deedRow = ({ at, text }: RunView['deeds'][number]): Markup => markup`<tr><td>${utc(at)}</td><td>${text}</td></tr>
`

function grid({ steps, hosts }: RunView): Markup {
  if (steps.length === 0) return markup``
  const legend = Map.groupBy(Object.entries(STEP_SIGNS), ([, { sign }]) => sign)
  return markup`<h2>Hosts and steps</h2>
<p class="quiet">${[...legend].map(([sign, all]) => markup`${sign} ${all.map(([outcome]) => outcome).join(', ')}. `)}</p>
<div class="wide"><table class="grid"><thead><tr><th>host</th>${steps.map(({ step }) => markup`<th>${step}</th>`)}</tr></thead>
<tbody>
${hosts.map((host) => gridRow(host, steps))}</tbody></table></div>`
}

function gridRow({ host, result, steps }: HostView, columns: RunView['steps']): Markup {
  const own = new Map(steps.map((step) => [step.step, step]))
  const cells = columns.map(({ step }): Markup => {
    const one = own.get(step)
    if (!one) return markup`<td></td>`
    const { sign, tone } = STEP_SIGNS[one.outcome]
    const took = one.milliseconds > 0 ? `, ${inWords(one.milliseconds)}` : ''
    return markup`<td class="sign ${tone}" title="${one.outcome}${took}">${sign}</td>`
  })
  return markup`<tr><th class="${HOST_TONES[result]}" title="${result}">${host}</th>${cells}</tr>
`
}

function times(view: RunView): Markup {
  const rows = stepTimes(view).map(
    ({ step, hosts, median, longest: { host, milliseconds } }) =>
      markup`<tr><td><code>${step}</code></td><td>${hosts}</td><td>${inWords(median)}</td><td>${inWords(milliseconds)} on ${host}</td></tr>
`,
  )
  return when(
    rows.length > 0,
    () => markup`<h2>Where the time went</h2>
<table><thead><tr><th>step</th><th>hosts</th><th>half under</th><th>longest</th></tr></thead>
${rows}</table>`,
  )
}
