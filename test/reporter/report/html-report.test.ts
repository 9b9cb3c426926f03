import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'

import { htmlReport } from '../../../src/reporter/report/html/html-report.ts'
import { begun, planned } from '../../engine/rows.ts'
import { FAILING, viewOf } from './told.ts'

const tagsOf = (page: string): readonly string[] => [...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag)

describe('the page of a run', () => {
  it('loads nothing, has no script, and forbids both by its own policy', () => {
    const page = htmlReport(viewOf(...FAILING))
    const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? ''

    const hash = createHash('sha256').update(style).digest('base64')
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    )
    expect(
      tagsOf(page).filter((tag) =>
        /^<(script|img|link|iframe|a|form|object|base)\b|\b(src|href|style|on\w+)=/i.test(tag),
      ),
    ).toEqual([])
    expect(style).not.toMatch(/url\(|@import/)
  })

  it('shows what hosts say letter by letter, whatever it is', () => {
    const page = htmlReport(viewOf(...FAILING))

    expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62; ^[[2J^[]0;owned^G ]]&#62; &#38;amp; &#34;&#39;')
    expect(page).toContain('\\u202etxt \ufffd \ufffd')
    expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\ufffe]/)
  })

  it('has every host in its grid, and unfolds those that need a hand', () => {
    const page = htmlReport(viewOf(...FAILING))

    expect(page).toContain(
      '<tr><th class="good" title="changed">hv-02</th><td class="sign change" title="changed, 2s">~</td>',
    )
    expect(page).toContain(
      '<td class="sign bad" title="failed, 1m 01s">✗</td><td class="sign quiet" title="planned">·</td>',
    )
    expect(
      [...page.matchAll(/<details( open)?>\n<summary><b class="\w+">([\w-]+)<\/b> <b>(.*?)<\/b>/g)].map((one) =>
        one.slice(1),
      ),
    ).toEqual([
      [' open', 'failed', 'hv-03'],
      [' open', 'unreachable', 'hv-04'],
      [undefined, 'changed', 'hv-01, hv-02'],
    ])
    expect(page).toContain('<code>runbook resume r1</code> goes on where it stopped')
    expect(page).toContain('<tr><td><code>tuned</code></td><td>3</td><td>2s</td><td>1m 01s on hv-03</td></tr>')
  })

  it('says of a run under way that it has not ended, and what is open', () => {
    const page = htmlReport(viewOf(['hv-01'], planned({}), begun('tuned')))

    expect(page).toContain('<dt>ended</dt><dd>not yet</dd>')
    expect(page).toContain('<td class="sign wait" title="unfinished">…</td>')
    expect(page).toContain('apply 1: not ended, its end was not seen')
  })
})
