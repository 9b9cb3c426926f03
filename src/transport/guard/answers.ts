import type { HostRecord, Marker, OwnerRecord } from '../../engine/guard-port.ts'
import { inWords } from '../../model/duration.ts'
import { CommandFailed, NotOwner } from '../../model/errors.ts'
import { asText } from '../shell/bounded-bytes.ts'
import type { FrameAnswer } from '../shell/frame-parser.ts'
import type { Unreachable } from '../unreachable.ts'
import { markerStep } from './change-words.ts'

/** The first word of a guard's answer, the rest of its line, and everything after. */
export interface Verdict {
  readonly word: string
  readonly rest: string
  readonly body: string
}

export function readVerdict(stdout: string): Verdict {
  const end = stdout.indexOf('\n')
  const line = end < 0 ? stdout : stdout.slice(0, end)
  const [word = '', ...rest] = line.split(' ')
  return { word, rest: rest.join(' '), body: end < 0 ? '' : stdout.slice(end + 1) }
}

/** Lines of KEY=VALUE. A key that comes twice keeps its last value. */
export function readWords(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf('=')
    return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]]
  })
  return new Map(pairs)
}

/** Null where no record was ever written. An unlocked record is a released one of no run. */
export function readOwner(text: string): OwnerRecord | null {
  const words = readWords(text)
  const word = (key: string) => words.get(key) ?? ''
  if (word('state') === '') return null
  return {
    state: word('state') === 'owned' ? 'owned' : 'released',
    token: { epoch: Number(word('epoch')), run: word('run'), random: word('random') },
    journal: word('journal'),
    controller: word('controller'),
    bootId: word('boot'),
    since: Number(word('since')),
    now: Number(word('now')),
    lease: Number(word('lease')),
    ...(word('head') === '' ? {} : { head: word('head') }),
  }
}

/**
 * The answer to an inspection of a run. Throws HostUnreachable where it is none: a marker that is not told would look
 * like a change that never began.
 */
export function readRecord(
  { exitCode, stdout }: Pick<FrameAnswer, 'exitCode' | 'stdout'>,
  { run, unreachable }: { readonly run: string; readonly unreachable: Unreachable },
): HostRecord {
  const text = asText(stdout)
  const bootId = readWords(text).get('host-boot') ?? ''
  if (!isBootId(bootId)) throw unreachable.noBootId(bootId)
  if (exitCode !== 0 || stdout.leftOut > 0 || !text.endsWith('\nwhole\n')) throw unreachable.garbled('half a record')
  const owner = readOwner(text)
  if (owner && !isEpoch(owner.token.epoch)) throw unreachable.garbled('an owner record without an epoch')
  const markers = text.split('\n').flatMap((line) => {
    if (!line.startsWith('marker=')) return []
    const marker = readMarker(run, line)
    if (marker === null) throw unreachable.garbled(`a marker that is none, ${shown(line)}`)
    return [marker]
  })
  return { bootId, owner, markers }
}

const MARKER = /^marker=([\w.@:+-]+) (\d{1,9}) (\d{1,9}) (running|ended|gone) (-|\d{1,3}) (\S+)$/

function readMarker(run: string, line: string): Marker | null {
  const [, act = '', attempt, n, state, exit, name = ''] = MARKER.exec(line) ?? []
  const step = markerStep(name)
  if (state === undefined || step === null) return null
  return {
    run,
    step,
    act,
    attempt: Number(attempt),
    n: Number(n),
    // The pattern admits only these words.
    state: state as Marker['state'],
    exitCode: exit === '-' ? null : Number(exit),
  }
}

export const isBootId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)

/** An epoch that a host may count; beyond it sums are not exact any more. */
export const isEpoch = (epoch: number): boolean => Number.isSafeInteger(epoch) && epoch >= 0

/** The beginning of what a host said, inert in a sentence. */
export const shown = (said: string): string => JSON.stringify(said.slice(0, 60))

/** Another run, or another journal, holds the host. */
export function locked(host: string, body: string): NotOwner {
  const owner = readOwner(body)
  const run = owner?.token.run || 'unknown'
  const age = owner ? `, since ${inWords(Math.max(0, owner.now - owner.since) * 1000)}` : ''
  return new NotOwner(`${host} is owned by run ${run} of ${owner?.controller || 'an unknown controller'}${age}`, {
    code: 'E_LOCKED',
    remedy: `Wait for that run, or take the host from it: runbook unlock ${run}`,
  })
}

/** The token of a request is not the one in the owner record any more. */
export function stale(host: string, body: string): NotOwner {
  const owner = readOwner(body)
  const now =
    owner?.state === 'owned' ? `run ${owner.token.run} of ${owner.controller}, epoch ${owner.token.epoch}` : 'nobody'
  return new NotOwner(`${host} refused a change: this run does not own it any more; its owner is ${now}`, {
    code: 'E_LOCKED',
    remedy: 'Nothing was changed by this request. See `runbook status` of the other run.',
  })
}

/** The guard did not do what was asked, for the reason that it names: `CODE [run=ID] TEXT`. */
export function refused(host: string, { rest, body }: Verdict): CommandFailed {
  const [code = 'E_GUARD', ...words] = rest.split(' ')
  const run = words[0]?.startsWith('run=') ? words[0].slice('run='.length) : null
  const text = run === null ? words : words.slice(1)
  const said = body.trim().split('\n').slice(-3).join(' / ')
  return new CommandFailed(`${host}: ${text.join(' ')}${said ? ` (${said})` : ''}`, {
    code,
    exitCode: null,
    tail: body.trim(),
    remedy: run === null ? (REMEDIES[code] ?? '') : `Wait until it has ended, or end it: runbook unlock ${run}`,
  })
}

const REMEDIES: Readonly<Record<string, string>> = {
  E_FILE_IMMUTABLE: 'Check `lsattr` and `findmnt -T` of the path on the host.',
  E_WRITE_FAILED: 'Check `df -h` and `df -i` of /var/lib/runbook and of the path on the host.',
  E_STILL_RUNNING: 'Wait until it has ended. `cat /var/lib/runbook/running` on the host names its run.',
  E_NOT_PRIVATE: 'Look who made or opened it, and what was written there; then give it back to root, with mode 0700.',
  E_KEPT_BYTES: 'Restore the file from a backup: the bytes kept on the host were altered.',
}
