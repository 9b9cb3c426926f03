import type {
  ChangeAnswer,
  ChangeRequest,
  Claimed,
  ClaimRequest,
  Guard,
  Marker,
  SwitchName,
  SwitchState,
} from '../../engine/guard-port.ts'
import { type Duration, milliseconds } from '../../model/duration.ts'
import { CommandFailed, RunbookError } from '../../model/errors.ts'
import type { Token } from '../../model/event.ts'
import { asText } from '../shell/bounded-bytes.ts'
import type { FrameAnswer } from '../shell/frame-parser.ts'
import { type Shells, Unanswered } from '../shell/shells.ts'
import type { Unreachable } from '../unreachable.ts'
import { isBootId, isEpoch, locked, readRecord, readVerdict, refused, shown, stale, type Verdict } from './answers.ts'
import { changeWords, contentOf, keyOf, markerStep, readChangeAnswer } from './change-words.ts'
import { followOutput } from './follow-output.ts'
import { callText, inspectText, installText } from './script/guard-text.ts'
import { stagingTexts } from './staging.ts'
import { switchKey, switchSpan, switchWords } from './switch-words.ts'

export interface GuardParts {
  readonly host: string
  readonly shells: Shells
  readonly unreachable: Unreachable
  /** The script lies on the host already. */
  readonly installed: boolean
}

/** For a verb that only touches records: its waiting for the mutex, and some. */
const RECORDS_WITHIN = 120_000
/** Beyond its own limit a change may wait for the mutex, and is given ten seconds to heed TERM. */
const CHANGE_SLACK = 120_000

/** Speaks with the guard script on one host. */
export function makeGuard({ host, shells, unreachable, ...parts }: GuardParts): Guard {
  let { installed } = parts
  /** A request without an answer may have happened: the next connection meets it by its traces. */
  const answered = async (asking: Promise<FrameAnswer>): Promise<FrameAnswer> => {
    try {
      return await asking
    } catch (error) {
      throw error instanceof Unanswered ? unreachable.lost(error) : error
    }
  }
  const call = async (asking: Promise<FrameAnswer>): Promise<Verdict & { answer: FrameAnswer }> => {
    const answer = await answered(asking)
    const verdict = readVerdict(asText(answer.stdout))
    if (verdict.word === 'refused') throw refused(host, verdict)
    if (verdict.word === 'locked') throw locked(host, verdict.body)
    if (verdict.word === 'stale') throw stale(host, verdict.body)
    return { ...verdict, answer }
  }
  const records = (verb: string, words: Readonly<Record<string, string | number>>) =>
    call(shells.act([callText(verb, words)], RECORDS_WITHIN))
  const unexpected = ({ word, rest }: Verdict) => unreachable.garbled(shown(`${word} ${rest}`.trim()))
  const epochOf = (verdict: Verdict, wanted: string): number => {
    const epoch = /^\d+$/.test(verdict.rest) ? Number(verdict.rest) : Number.NaN
    if (verdict.word !== wanted || !isEpoch(epoch)) throw unexpected(verdict)
    return epoch
  }
  const holds = ({ epoch, run, random }: Token) => ({ epoch, run: safe(run), random: safe(random) })

  async function inspect(run: string) {
    const answer = await answered(shells.look(inspectText(safe(run)), 30_000))
    return readRecord(answer, { run, unreachable })
  }

  async function claim(request: ClaimRequest): Promise<Claimed> {
    const { run, random, atLeast } = request
    const words = {
      run: safe(run),
      random: safe(random),
      journal: oneLine(request.journal),
      controller: oneLine(request.controller),
      least: atLeast,
      lease: request.lease,
    }
    const claiming = callText('claim', words)
    // In one breath with the claim: what is asked behind it shall be answered behind it.
    const verdict = await call(shells.act([installed ? claiming : `${installText()}\n${claiming}`], RECORDS_WITHIN))
    if (verdict.word === 'lacks') throw lacks(host, verdict.rest.split(' '))
    const [epoch = '', bootId = ''] = verdict.rest.split(' ')
    if (!isBootId(bootId)) throw unexpected(verdict)
    installed = true
    return { token: { epoch: epochOf({ ...verdict, rest: epoch }, 'claimed'), run, random }, bootId }
  }

  async function change(request: ChangeRequest): Promise<ChangeAnswer> {
    const { token, limit } = request
    const words = { ...holds(token), ...changeWords(request, safe) }
    const folder = `/var/lib/runbook/runs/${token.run}`
    const stage = `${folder}/stage/${keyOf(request)}.${token.epoch}`
    const staging = stagingTexts(stage, contentOf(request.change))
    const texts = [...(request.change.kind === 'command' || request.change.kind === 'write' ? staging : [])]
    const within = 2 * milliseconds(limit) + CHANGE_SLACK
    const follower = followOutput({
      shells,
      file: `${folder}/output/${keyOf(request)}.out`,
      onOutput: request.onOutput,
    })
    try {
      const verdict = await call(shells.act([...texts, callText('change', words, true)], within))
      if (verdict.word === 'absent') throw stale(host, '')
      return readChangeAnswer(request, verdict, asText(verdict.answer.stderr)) ?? raise(unexpected(verdict))
    } finally {
      follower.stop()
    }
  }

  async function settleRunning(run: string, limit: Duration): Promise<readonly Marker[]> {
    const end = performance.now() + milliseconds(limit)
    for (;;) {
      const { markers } = await inspect(run)
      if (!markers.some(({ state }) => state === 'running') || performance.now() >= end) return markers
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }

  async function settleSwitch(verb: 'disarm' | 'fire', name: SwitchName): Promise<SwitchState | 'had-fired'> {
    const words = { ...holds(name.token), ...switchWords(name, safe) }
    const verdict = await call(shells.act([callText(verb, words, verb === 'fire')], 2 * RECORDS_WITHIN))
    const { word } = verdict
    if (word === 'none' || word === 'disarmed' || word === 'fired' || word === 'had-fired') return word
    throw unexpected(verdict)
  }

  return {
    inspect,
    claim,
    change,
    settleRunning,
    async requestReboot({ token, oldBootId }) {
      const verdict = await records('reboot', { ...holds(token), old: safe(oldBootId) })
      const { word } = verdict
      if (word === 'requested' || word === 'already-requested') return word
      if (word === 'other-boot' || word === 'going-down') return word
      throw unexpected(verdict)
    },
    async cancelReboot({ token }) {
      const verdict = await records('cancel', holds(token))
      const { word } = verdict
      if (word === 'stopped' || word === 'none' || word === 'too-late') return word
      throw unexpected(verdict)
    },
    async arm(request) {
      const { token, revert } = request
      const words = {
        ...holds(token),
        ...switchWords(request, safe),
        span: switchSpan(request),
      }
      const stage = `/var/lib/runbook/runs/${token.run}/stage/${switchKey(request)}`
      const texts = [...stagingTexts(stage, Buffer.from(revert)), callText('arm', words)]
      const verdict = await call(shells.act(texts, RECORDS_WITHIN))
      if (verdict.word === 'absent') throw stale(host, '')
      if (verdict.word !== 'armed') throw unexpected(verdict)
      const { rest } = verdict
      return rest === 'fired' || rest === 'reverted' || rest === 'disarmed' ? rest : 'none'
    },
    async disarm(name) {
      const state = await settleSwitch('disarm', name)
      return state === 'had-fired' ? 'fired' : state
    },
    fire: (name) => settleSwitch('fire', name),
    async release({ token, head }) {
      const verdict = await records('release', { ...holds(token), head: oneLine(head) })
      if (verdict.word === 'absent') throw stale(host, '')
      if (verdict.word !== 'released') throw unexpected(verdict)
    },
    async unlock(run) {
      const verdict = await call(shells.aside(callText('unlock', { run: safe(run) }), 6 * RECORDS_WITHIN))
      if (verdict.word === 'absent') return { ended: [], epoch: 0 }
      const epoch = epochOf(verdict, 'unlocked')
      return { ended: lines(verdict.body).map((name) => markerStep(name) ?? name), epoch }
    },
    async endRunning(run) {
      await call(shells.aside(callText('end', { run: safe(run) }), RECORDS_WITHIN))
    },
    async clean(runs) {
      const verdict = await records('clean', { runs: runs.map(safe).join(' ') })
      if (verdict.word === 'absent') return []
      if (verdict.word !== 'cleaned') throw unexpected(verdict)
      return lines(verdict.body)
    },
  }
}

function raise(error: Error): never {
  throw error
}

const lacks = (host: string, tools: readonly string[]): CommandFailed =>
  new CommandFailed(`${host} lacks ${tools.join(', ')}`, {
    code: 'E_HOST_LACKS',
    exitCode: null,
    tail: '',
    remedy: `Install coreutils and util-linux on ${host}. Nothing was changed there.`,
  })

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')

const oneLine = (text: string): string => text.replace(/[\r\n\0]+/g, ' ')

/** A name that becomes part of a path on the host. */
function safe(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.@:+-]{0,120}$/.test(name)) return name
  throw new RunbookError(`"${name}" cannot be part of a file name on a host`, {
    code: 'E_NAME',
    remedy: 'Use letters, digits and _ . @ : + - alone.',
  })
}
