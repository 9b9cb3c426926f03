const KEPT = 'runbook-session'

/** Shows the token of the address once, and keeps the session for this tab. Throws Error where it is let in no more. */
export async function enter() {
  const token = location.hash.slice(1)
  if (/^[\w-]{43}$/.test(token)) {
    // Gone from the address, so that nobody reads it there or in the history.
    history.replaceState(null, '', '#/')
    const response = await fetch('/api/session', { method: 'POST', headers: { authorization: `Bearer ${token}` } })
    const { session, error } = await response.json()
    if (!response.ok) throw new Error(error)
    sessionStorage.setItem(KEPT, session)
  }
}

const path = (names) => `/api/${names.map(encodeURIComponent).join('/')}`
const open = (names, signal) =>
  fetch(path(names), { signal, headers: { authorization: `Bearer ${sessionStorage.getItem(KEPT)}` } })

/** Does something in somebody's name; gives what the server says. Throws Error with its words. */
export async function post(words, ...names) {
  const headers = { authorization: `Bearer ${sessionStorage.getItem(KEPT)}`, 'content-type': 'application/json' }
  const response = await fetch(path(names), { method: 'POST', headers, body: JSON.stringify(words) })
  const told = await response.json()
  if (!response.ok) throw new Error(told.error)
  return told
}

/** What the server says. Throws Error with its words. */
export async function ask(...names) {
  const response = await open(names)
  const told = await response.json()
  if (!response.ok) throw new Error(told.error)
  return told
}

/** Calls `hear` with each event of a stream until the signal aborts. Throws Error when the server is gone. */
export async function follow(names, signal, hear) {
  const response = await open(names, signal)
  if (!response.ok) throw new Error((await response.json()).error)
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split('\n\n')
    rest = events.pop()
    for (const event of events) hear(JSON.parse(event.slice('data: '.length)))
  }
  throw new Error('the program that shows this page has ended')
}
