/**
 * An element with attributes, and children that are elements or text. Text is text whatever it says: nothing here, and
 * by the page's policy nothing anywhere, makes markup of it.
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
    else made.setAttribute(key, value)
  }
  made.append(...children.flat())
  return made
}

/** A place within this page, from names of any kind. */
export const link = (text, attributes, ...names) =>
  element('a', { href: `#/${names.map(encodeURIComponent).join('/')}`, ...attributes }, text)

/** 850ms, 12s, 3m 05s, 2h 10m. */
export function inWords(span) {
  if (span < 1_000) return `${Math.round(span)}ms`
  const seconds = Math.round(span / 1_000)
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`
}

/** Local time, as people say it. */
export const shownTime = (at) => new Date(at).toLocaleString('sv')
