import { readFileSync } from 'node:fs'
import type { Answer } from '../../src/model/fact.ts'

/** An answer copied from a real host, kept in a folder named by tool, version, case and system. */
export function fixture(name: string): Answer {
  const read = (file: string) => readFileSync(new URL(`fixtures/${name}/${file}`, import.meta.url), 'utf8')
  return { exitCode: Number(read('exit-code')), stdout: read('stdout'), stderr: read('stderr') }
}
