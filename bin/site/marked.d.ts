// What the site uses of `marked`, so that types are checked also where the site's own packages are not installed.
declare module 'marked' {
  interface Token {
    type: string
    href: string
  }
  interface Heading {
    readonly tokens: readonly Token[]
    readonly depth: number
    readonly text: string
  }
  interface Extension {
    readonly renderer: {
      heading(this: { parser: { parseInline(tokens: readonly Token[]): string } }, heading: Heading): string
    }
    readonly walkTokens: (token: Token) => void
  }
  export class Marked {
    constructor(extension: Extension)
    parse(text: string): string
  }
}
