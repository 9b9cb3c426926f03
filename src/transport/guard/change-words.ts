import { createHash } from 'node:crypto'
import type { Change, ChangeAnswer, ChangeRequest } from '../../engine/guard-port.ts'
import { quote } from '../../model/command.ts'
import { milliseconds } from '../../model/duration.ts'
import { CommandFailed } from '../../model/errors.ts'
import type { Verdict } from './answers.ts'

type Words = Readonly<Record<string, string | number>>

/** Names the marker, the staged bytes and the output of one change. */
export const keyOf = ({ step, act, attempt, n }: ChangeRequest): string => `${stepName(step)}.${act}.${attempt}.${n}`

/** A step's id as part of a file name and as one word; `markerStep` reads it back, or gives null for what is none. */
export const stepName = (step: string): string => encodeURIComponent(step)
export function markerStep(name: string): string | null {
  try {
    return decodeURIComponent(name)
  } catch {
    return null
  }
}

/** What of a change travels as bytes of its own. */
export function contentOf(change: Change): Uint8Array {
  if (change.kind === 'command') return Buffer.from(change.text)
  return change.kind === 'write' ? change.content : Buffer.alloc(0)
}

/** The words that the guard reads for a change. `safe` throws for a name that cannot be part of a path. */
export function changeWords(request: ChangeRequest, safe: (name: string) => string): Words {
  const { step, act, attempt, n, limit, readBy, pays, rescue, change } = request
  return {
    key: keyOf(request),
    step: stepName(step),
    act: safe(act),
    attempt,
    n,
    // Whole seconds: the host's own clock tells no finer.
    limit: Math.max(1, Math.ceil(milliseconds(limit) / 1000)),
    ...(readBy ? { unit: safe(readBy) } : {}),
    ...(pays ? { pays: safe(pays) } : {}),
    ...(rescue && rescue.length > 0 ? { rescue: rescue.map(shown).join(' ').replaceAll('\n', ' ') } : {}),
    kind: change.kind,
    ...pathWords(change),
  }
}

function pathWords(change: Change): Words {
  if (change.kind === 'command') return {}
  const path = { path: absolute(change.path) }
  if (change.kind === 'keep') return path
  if (change.kind === 'restore') return { ...path, expected: fingerprint(change.before) }
  if (change.kind === 'remove') return { ...path, expected: fingerprint(change.replacing) }
  const content = `sha256:${createHash('sha256').update(change.content).digest('hex')}`
  return { ...path, expected: fingerprint(change.replacing), content, mode: octal(change.mode ?? '0644') }
}

function absolute(path: string): string {
  if (path.startsWith('/') && !/[\n\0]/.test(path)) return path
  throw new CommandFailed(`${JSON.stringify(path)} is no absolute path without line breaks`, {
    code: 'E_FILE_PATH',
    exitCode: null,
    tail: '',
    remedy: 'Name the file by its whole path.',
  })
}

const FINGERPRINT = /^(absent|sha256:[0-9a-f]{64})$/

/** A fingerprint names kept bytes: nothing else may become part of their path. */
function fingerprint(text: string): string {
  if (FINGERPRINT.test(text)) return text
  throw new TypeError(`"${text}" is no fingerprint of a file; give the one that reading it gave, or "absent"`)
}

function octal(mode: string): string {
  if (/^[0-7]{3,4}$/.test(mode)) return mode
  throw new TypeError(`"${mode}" is no octal mode, such as 0644`)
}

/** A plain word stays readable in undo.sh. */
const shown = (word: string): string => (/^[\w./=-]+$/.test(word) ? word : quote(word))

/** Null when the verdict is none that a change can have. */
export function readChangeAnswer(request: ChangeRequest, verdict: Verdict, stderr: string): ChangeAnswer | null {
  const { word, rest, body } = verdict
  const isCommand = request.change.kind === 'command'
  if (word === 'ended' && isCommand) {
    const [, exit, late] = /^(\d{1,3}) ([01])$/.exec(rest) ?? []
    if (exit === undefined) return null
    return { kind: 'ended', exitCode: Number(exit), timedOut: late === '1', stdout: body, stderr }
  }
  if (isCommand) return null
  if (word === 'done' && FINGERPRINT.test(rest)) return { kind: 'done', fingerprint: rest }
  if (word !== 'conflict') return null
  return { kind: 'conflict', actual: rest, text: conflictText(request.change, rest) }
}

function conflictText(change: Change, actual: string): string {
  if (change.kind === 'restore') return `this run did not leave ${actual}`
  return change.kind === 'write' || change.kind === 'remove'
    ? `expected ${change.replacing}, found ${actual}`
    : `found ${actual}`
}
