import { template } from './template-text.ts'

/** A runbook that works, to be edited, and its test on fake hosts: path to text. */
export function runbookFiles(name: string): Record<string, string> {
  return {
    [`runbooks/${name}.ts`]: template('runbook.ts').replaceAll('NAME', name),
    [`test/${name}.test.ts`]: template('runbook.test.ts').replaceAll('NAME', name),
  }
}
