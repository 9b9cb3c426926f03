/** What somebody may do with a run from the page. */
export type Act = 'approve' | 'pause' | 'go-on' | 'cancel'

/** An act of a person, and for whom it stands in the journal. */
export interface Deed {
  readonly act: Act
  readonly name: string
  readonly reason: string
  /** The plans that were seen, of an approval; empty for other acts. */
  readonly seal: string
}

export interface RunStanding {
  readonly text: string
  /** What may be done now. */
  readonly acts: readonly Act[]
}

/** What waits for an approval, as the terminal shows it. */
export interface Asked {
  readonly question: string
  readonly plan: string
  /** Stands for these plans alone. */
  readonly seal: string
}

/** The page's hands on runs that workers share. */
export interface Hands {
  /** Null for a run that was not given to workers. */
  standing(run: string): Promise<RunStanding | null>
  /** Null where nothing waits for an approval. */
  asked(run: string): Promise<Asked | null>
  /** Throws UsageError where it can not be done, or not any more. */
  act(run: string, deed: Deed): Promise<void>
}

const ACTS: ReadonlySet<string> = new Set<Act>(['approve', 'pause', 'go-on', 'cancel'])
const LONGEST = { act: 20, name: 100, reason: 1_000, seal: 100 }

/** The deed that a request tells, or the sentence that says what is missing. */
export function readDeed(text: string): Deed | string {
  const told = jsonOf(text)
  const word = (key: keyof typeof LONGEST): string => {
    const value = told[key]
    return typeof value === 'string' && value.length <= LONGEST[key] ? value.trim() : ''
  }
  const [act, name, reason] = [word('act'), word('name'), word('reason')]
  if (!ACTS.has(act)) return 'nothing is known by this act'
  if (name === '') return `say who you are, in ${LONGEST.name} letters at most`
  if (reason === '') return `say why, in ${LONGEST.reason} letters at most`
  // It is one of ACTS.
  return { act: act as Act, name, reason, seal: word('seal') }
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
