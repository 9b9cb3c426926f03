const LIST =
  /^[ \t]*global_filter[ \t]*=[ \t]*(\[(?:[ \t\r\n]*"(?:[^"\\]|\\.)*"[ \t\r\n]*,?)*[ \t\r\n]*\]|"(?:[^"\\]|\\.)*")/m
/** What accepts every name: a device has several, and one that is accepted outweighs all that are refused. */
const EVERYTHING = /^a(?:\|\.\*\/?\||\/\.\*\/)$/

/** Entries of `global_filter` in lvm.conf, in their order; empty where it is not set. */
export function readGlobalFilter(text: string): readonly string[] {
  const [, list = ''] = LIST.exec(text) ?? []
  return [...list.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, entry = '']) => entry)
}

/** Does LVM refuse the volumes of a group as disks of its own? The first entry that matches a name decides on it. */
export function hidesGroup(text: string, group: string): boolean {
  const entries = readGlobalFilter(text)
  return entries[0] === hidden(group) && !entries.some((entry) => EVERYTHING.test(entry))
}

/**
 * Has LVM refuse the volumes of a group, before what is there already. An entry that accepts everything goes: without it
 * the same is accepted, and with it the refusal of one name of a volume would not count.
 */
export function withGroupHidden(text: string, group: string): string {
  const kept = readGlobalFilter(text).filter((entry) => entry !== hidden(group) && !EVERYTHING.test(entry))
  const list = `[ ${[hidden(group), ...kept].map((entry) => `"${entry}"`).join(', ')} ]`
  const present = LIST.exec(text)
  if (present) {
    const start = present.index + present[0].length - (present[1] ?? '').length
    return text.slice(0, start) + list + text.slice(present.index + present[0].length)
  }
  const section = /^[ \t]*devices[ \t]*\{[^\n]*\n/m.exec(text)
  const line = `\tglobal_filter = ${list}\n`
  if (!section) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}devices {\n${line}}\n`
  const at = section.index + section[0].length
  return text.slice(0, at) + line + text.slice(at)
}

const hidden = (group: string): string => `r|^/dev/${group.replace(/[.+]/g, '\\\\$&')}/|`
