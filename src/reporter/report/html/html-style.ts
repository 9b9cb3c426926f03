/** How the page looks: light and dark as the reader's system is, and on paper. It names no file and no address. */
export const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1c1e21; --quiet: #5f6770; --line: #d5d9de; --band: #f4f6f8;
  --good: #1a7f37; --change: #0b5cad; --bad: #b3261e; --wait: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --back: #14171a; --text: #e6e8ea; --quiet: #9aa3ac; --line: #363c43; --band: #1d2125;
    --good: #56c271; --change: #6cb2f5; --bad: #ff8a80; --wait: #e0b050; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 90rem; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
code, pre, td.sign { font-family: ui-monospace, monospace; font-size: .92em; }
pre { background: var(--band); padding: .6rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem; border-bottom: 1px solid var(--line); }
thead th { color: var(--quiet); font-weight: normal; }
.grid thead th:not(:first-child) { writing-mode: vertical-rl; transform: rotate(180deg); padding: .4rem .1rem; }
.grid td.sign { text-align: center; padding: .1rem .4rem; }
.good { color: var(--good); } .change { color: var(--change); } .bad { color: var(--bad); } .wait { color: var(--wait); }
.quiet { color: var(--quiet); }
details { border-top: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.remedy::before { content: "→ "; }
@media print {
  :root { color-scheme: light; --back: #fff; --text: #000; --quiet: #444; --line: #999; --band: #fff; }
  body { padding: 0; font-size: 10pt; max-width: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  pre { border: 1px solid var(--line); }
  tr, summary { break-inside: avoid; }
  .wide { overflow: visible; }
}
`
