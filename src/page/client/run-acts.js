import { element } from './element.js'
import { ask, post } from './session.js'

/** Milliseconds between two looks at where a run stands. */
const PAUSE = 2_000

const NAMES = { approve: 'Approve …', pause: 'Pause …', 'go-on': 'Go on …', cancel: 'Cancel …' }
const SAID = {
  pause: 'No further host begins; those that are open come to their end.',
  'go-on': 'The workers go on with it.',
  cancel: 'Hosts stop behind the step in hand, and no other begins.',
}

/** Where a run stands among workers, and what somebody may do with it. Empty for runs that have none. */
export function runActs(run, signal) {
  const text = element('span')
  const buttons = element('span', { class: 'acts' })
  const form = element('div', { class: 'act' })
  const bar = element('div', { class: 'standing', hidden: '' }, text, buttons)
  let before = ''

  function show({ text: words, acts }) {
    const now = JSON.stringify([words, acts])
    if (now === before || signal.aborted) return
    before = now
    bar.hidden = words === undefined
    text.textContent = words ?? ''
    buttons.replaceChildren(...(acts ?? []).map((act) => element('button', { onclick: () => open(act) }, NAMES[act])))
  }

  async function open(act) {
    const asked = act === 'approve' ? await ask('runs', run, 'asked') : {}
    const name = input('your name', sessionStorage.getItem('runbook-name') ?? '')
    const reason = input('because', '')
    const fault = element('span', { class: 'bad', role: 'alert' })
    async function send(event) {
      event.preventDefault()
      sessionStorage.setItem('runbook-name', name.value)
      try {
        show(await post({ act, name: name.value, reason: reason.value, seal: asked.seal ?? '' }, 'runs', run, 'acts'))
        form.replaceChildren()
      } catch (error) {
        fault.textContent = error.message
      }
    }
    form.replaceChildren(
      ...(asked.plan ? [element('pre', {}, asked.plan)] : []),
      element(
        'form',
        { onsubmit: send },
        element('b', {}, asked.question ?? SAID[act] ?? 'Nothing waits for an approval any more.'),
        name,
        reason,
        element('button', {}, act === 'approve' ? 'Yes, approve' : NAMES[act].replace(' …', '')),
        element('button', { type: 'button', onclick: () => form.replaceChildren() }, 'No'),
        fault,
      ),
    )
    name.focus()
  }

  async function follow() {
    while (!signal.aborted) {
      show(await ask('runs', run, 'standing'))
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  }
  // Where the server is gone the grid says so.
  follow().catch(() => {})
  return [bar, form]
}

function input(label, value) {
  const made = element('input', { placeholder: label, 'aria-label': label, required: '' })
  made.value = value
  return made
}
