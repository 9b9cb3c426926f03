/** An element of an XML document, without its comments. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** The text directly within it, entities resolved. */
  readonly text: string
}

/**
 * Reads well-formed XML as libvirt and QEMU's tools write it: elements, attributes, text, comments, CDATA, the five named
 * entities and numbered ones. Null for anything else; a document type is refused, for it could define entities.
 *
 *     readXml("<disk type='file'/>")?.attributes.get('type')   // 'file'
 */
export function readXml(text: string): XmlElement | null {
  const open: Building[] = [{ name: '', attributes: new Map(), children: [], text: '' }]
  let at = 0
  for (const token of text.matchAll(TOKEN)) {
    const top = open.at(-1)
    if (!top || token.index !== at) return null
    at += token[0].length
    const { closing, opening, words = '', empty, data, plain } = token.groups ?? {}
    if (data !== undefined) top.text += data
    if (plain !== undefined) {
      const resolved = withoutEntities(plain)
      if (resolved === null) return null
      top.text += resolved
    }
    if (opening !== undefined) {
      const attributes = readAttributes(words)
      if (attributes === null) return null
      const element: Building = { name: opening, attributes, children: [], text: '' }
      top.children.push(element)
      if (empty === undefined) open.push(element)
    }
    if (closing !== undefined && open.pop()?.name !== closing) return null
  }
  const [root] = open
  const whole = at === text.length && open.length === 1 && root?.children.length === 1 && root.text.trim() === ''
  return whole ? (root.children[0] ?? null) : null
}

/** The first child of this name. */
export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((child) => child.name === name)

interface Building {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Building[]
  text: string
}

const NAME = '[A-Za-z_][\\w.:-]*'
const ATTRIBUTE = `\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*')`
const TOKEN = new RegExp(
  [
    '<!--[^]*?-->',
    '<\\?[^]*?\\?>',
    '<!\\[CDATA\\[(?<data>[^]*?)\\]\\]>',
    `</(?<closing>${NAME})\\s*>`,
    `<(?<opening>${NAME})(?<words>(?:${ATTRIBUTE})*)\\s*(?<empty>/)?>`,
    '(?<plain>[^<]+)',
  ].join('|'),
  'g',
)

function readAttributes(words: string): ReadonlyMap<string, string> | null {
  const all = new Map<string, string>()
  for (const [, name = '', double, single] of words.matchAll(/([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    const value = withoutEntities(double ?? single ?? '')
    if (value === null || all.has(name)) return null
    all.set(name, value)
  }
  return all
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function withoutEntities(text: string): string | null {
  let known = true
  const resolved = text.replace(/&([^;&]*);?/g, (whole, name: string) => {
    const value = whole.endsWith(';') ? (ENTITIES[name] ?? numbered(name)) : undefined
    if (value === undefined) known = false
    return value ?? ''
  })
  return known ? resolved : null
}

function numbered(name: string): string | undefined {
  const [, hexadecimal, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name) ?? []
  const code = hexadecimal ? Number.parseInt(hexadecimal, 16) : Number(decimal)
  return Number.isNaN(code) || code > 0x10_ff_ff ? undefined : String.fromCodePoint(code)
}
