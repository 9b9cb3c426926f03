import { z } from 'zod'

// Everything else imports types alone from here: whoever draws a report does not load zod.

const list = <Member extends z.ZodType>(member: Member) => z.array(member).readonly()
const at = (what: string) => z.int().describe(`${what}, in milliseconds since 1970 by the journal's clock`)
const span = z.number().min(0).describe('Milliseconds that its attempts took')

const STEP_OUTCOMES = [
  'satisfied',
  'changed',
  'partial',
  'failed',
  'blocked',
  'needs-a-person',
  'undone',
  'settled',
  'paid',
] as const

const HOST_RESULTS = [
  'satisfied',
  'changed',
  'partial',
  'failed',
  'blocked',
  'unreachable',
  'needs-a-person',
  'rolled-back',
  'not-reached',
  'not-for-this-host',
  'unfinished',
] as const

const note = z.object({ code: z.string(), level: z.enum(['info', 'warning', 'error']), text: z.string() }).readonly()

const attempt = z
  .object({
    act: z.enum(['apply', 'undo', 'settle', 'enter', 'leave']),
    attempt: z.int().min(1).describe('Counts from 1 per step and act'),
    began: at('When it was written down'),
    ended: at('When its end was written down').nullable().describe('Null: nobody saw its end'),
    outcome: z
      .enum([...STEP_OUTCOMES, 'void'])
      .nullable()
      .describe('`void`: no byte of it reached the host'),
    text: z.string(),
    code: z.string().optional(),
    remedy: z.string().optional(),
    exitCode: z.int().nullable().optional().describe('Of the command that failed; null for one that a signal ended'),
  })
  .readonly()

const step = z
  .object({
    step: z.string(),
    outcome: z
      .enum([...STEP_OUTCOMES, 'unfinished', 'planned'])
      .describe('`planned`: it has not begun; `unfinished`: its end was not seen'),
    text: z.string(),
    planned: z.string().optional().describe('What the plan said of it'),
    milliseconds: span,
    tail: z.string().optional().describe('End of what its command printed, without secrets'),
    attempts: list(attempt),
  })
  .readonly()

const host = z
  .object({
    host: z.string(),
    result: z.enum(HOST_RESULTS).describe('`unfinished`: it has begun, or waits, and a resume goes on with it'),
    text: z.string(),
    code: z.string().optional(),
    remedy: z.string().optional(),
    step: z.string().optional().describe('The step at which it ended'),
    owned: z.string().optional().describe('Why it stays in the hands of this run'),
    sentBackBy: z.enum(['runbook', 'person']).nullable(),
    debts: list(z.object({ step: z.string(), due: z.string().optional() }).readonly()).describe(
      'Brackets that were entered and not left, with what that means',
    ),
    began: at('Its first attempt').nullable(),
    ended: at('Its result').nullable(),
    milliseconds: span,
    steps: list(step).describe('In the order of the columns'),
    notes: list(note),
    head: z.string().optional().describe('Chain head that the host carries too'),
  })
  .readonly()

const deed = z
  .object({
    at: at('When'),
    who: z.string(),
    text: z.string().describe('What was done, to what, and why, as a sentence'),
  })
  .readonly()

/** What a run was and what became of it: all that reports and pages show. Published as docs/report.schema.json. */
export const RUN_VIEW = z
  .object({
    type: z.literal('run-report'),
    version: z.literal(1),
    run: z.string(),
    runbook: z.string(),
    bundle: z.string().describe('Hash of the source files by which it goes now'),
    versions: z.record(z.string(), z.string()).readonly().describe('Of the product and of packages that it imports'),
    inventory: z.string(),
    who: z.string(),
    reason: z.string(),
    began: at('When it began'),
    ended: at('When it came to its end').nullable().describe('Null: hosts of it are unfinished or were not reached'),
    exitCode: z
      .int()
      .describe(
        'With what `runbook` would end for it: 0 done, 3 failed, 4 never reached, 5 budget, 6 locked, 7 resumable',
      ),
    counts: z.partialRecord(z.enum(HOST_RESULTS), z.int()).readonly().describe('Hosts by their result'),
    steps: list(z.object({ step: z.string(), kind: z.string() }).readonly()).describe('The columns, in running order'),
    hosts: list(host),
    deeds: list(deed).describe('What people and signals did: approvals, overrides, resumes, ends'),
    next: list(z.object({ command: z.string(), why: z.string() }).readonly()).describe('What to type next'),
  })
  .readonly()

export type RunView = z.infer<typeof RUN_VIEW>
export type HostView = RunView['hosts'][number]
export type StepView = HostView['steps'][number]
export type AttemptView = StepView['attempts'][number]

/** The JSON schema of {@link RUN_VIEW}. More members may come within a version. */
export const runViewSchema = (): object => ({
  title: 'Report of a run, as `runbook report RUN --format json` prints it',
  ...z.toJSONSchema(RUN_VIEW, { io: 'input' }),
})
