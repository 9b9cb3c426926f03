import type { XmlElement } from './read-xml.ts'

/** Text that lies directly within an element is written only where it has no children: that is all libvirt uses. */
export function writeXml({ name, attributes, children, text }: XmlElement): string {
  const words = [...attributes].map(([key, value]) => ` ${key}='${escaped(value)}'`).join('')
  const inner = children.length > 0 ? children.map(writeXml).join('') : escaped(text.trim())
  return inner === '' ? `<${name}${words}/>` : `<${name}${words}>${inner}</${name}>`
}

/** An element without text. */
export const element = (
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly XmlElement[] = [],
): XmlElement => ({ name, attributes: new Map(Object.entries(attributes)), children, text: '' })

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&apos;')
