const TOOLS = /\b(puppet|ansible|chef|kolla|tripleo|salt)\b/i

/** The tool that says in a comment that it manages the file; null where none does. */
export function managingTool(text: string): string | null {
  const comments = text.split('\n').filter((line) => line.trimStart().startsWith('#'))
  const marked = comments.find((line) => TOOLS.test(line) && /manage|generated|controlled|maintained/i.test(line))
  return TOOLS.exec(marked ?? '')?.[1] ?? null
}
