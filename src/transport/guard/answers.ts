import type { HostRecord, Marker, OwnerRecord } from '../../engine/guard-port.ts'
import { inWords } from '../../model/duration.ts'
import { CommandFailed, NotOwner, RunbookError } from '../../model/errors.ts'
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
    ...(word('head') === '' ? {} : { head: word('head') }),
  }
}

/** The answer to an inspection of a run. Throws RunbookError when it is none. */
export function readRecord(host: string, run: string, text: string): HostRecord {
  const bootId = readWords(text).get('host-boot') ?? ''
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(bootId)) {
    throw new RunbookError(`${host}: the host gave no boot id but "${bootId.slice(0, 60)}"`, {
      code: 'E_BOOT_ID',
      remedy: 'Check `cat /proc/sys/kernel/random/boot_id` on the host.',
    })
  }
  const lines = text.split('\n').filter((line) => line.startsWith('marker='))
  return { bootId, owner: readOwner(text), markers: lines.map((line) => readMarker(run, line)) }
}

function readMarker(run: string, line: string): Marker {
  const [act = '', attempt, n, state, exit, step = ''] = line.slice('marker='.length).split(' ')
  return {
    run,
    step: markerStep(step),
    act,
    attempt: Number(attempt),
    n: Number(n),
    state: state === 'running' || state === 'ended' ? state : 'gone',
    exitCode: exit === '-' ? null : Number(exit),
  }
}

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
  E_KEPT_BYTES: 'Restore the file from a backup: the bytes kept on the host were altered.',
}
