import { isUtf8 } from 'node:buffer'
import { relative } from 'node:path'

import { UsageError } from '../../../model/errors.ts'
import { decodeText, readSource } from '../../read-source.ts'
import type { Located } from '../../written/located.ts'
import { readAnsibleYaml } from '../text/read-ansible-yaml.ts'
import type { Place, ReportAt } from './collection.ts'

/** So many faults of one file are told; a file that is none of ours would have one in each line. */
const FAULTS_SHOWN = 8

/** Reads the files of one inventory, and gathers what is wrong in them and what should be said. */
export class Sources {
  readonly #project: string
  readonly #faults = new Map<string, string[]>()
  readonly #notes = new Set<string>()

  constructor(project: string) {
    this.#project = project
  }

  /** How messages name a file. */
  shown(path: string): string {
    const short = relative(this.#project, path)
    return short.startsWith('..') ? path : short
  }

  readonly report: ReportAt = (place, text) => {
    const list = this.#faults.get(place.file) ?? []
    this.#faults.set(place.file, list)
    list.push(`${shownPlace(place)}: ${text}`)
  }

  readonly remark: ReportAt = (place, text) => void this.#notes.add(`${shownPlace(place)}: ${text}`)

  note(text: string): void {
    this.#notes.add(text)
  }

  get notes(): readonly string[] {
    return [...this.#notes]
  }

  /** Throws UsageError with all faults so far. */
  stopIfFaulty(): void {
    if (this.#faults.size === 0) return
    throw new UsageError(
      [...this.#faults].flatMap(([file, faults]) => {
        const distinct = [...new Set(faults)]
        const rest = distinct.length - FAULTS_SHOWN
        return rest > 0 ? [...distinct.slice(0, FAULTS_SHOWN), `${file}: and ${rest} more faults`] : distinct
      }),
    )
  }

  readText(path: string): string | undefined {
    const file = this.shown(path)
    const bytes = withoutForeignComments(readSource(path, file))
    return decodeText(bytes, (line, text) => this.report({ file, line }, text))
  }

  /** Undefined after faults, and for files that are encrypted as a whole: these are noted. */
  readYaml(path: string): Located | undefined {
    const text = this.readText(path)
    return text === undefined ? undefined : this.yamlOf(text, this.shown(path))
  }

  yamlOf(text: string, file: string): Located | undefined {
    if (text.startsWith('$ANSIBLE_VAULT;')) {
      this.note(`${file} is encrypted by ansible-vault: what it says is not known here`)
      return undefined
    }
    return readAnsibleYaml(text, {
      report: (line, fault) => this.report({ file, line }, fault),
      remark: (line, what) => this.remark({ file, line }, what),
    })
  }
}

/** Old inventories have comments in other encodings: of those lines nothing but their ends is kept. */
function withoutForeignComments(bytes: Uint8Array): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (isUtf8(buffer)) return bytes
  return Buffer.from(buffer.toString('latin1').replaceAll(/^[ \t]*[#;].*$/gm, '#'), 'latin1')
}

export const shownPlace = ({ file, line }: Place): string => (line > 0 ? `${file}:${line}` : file)
