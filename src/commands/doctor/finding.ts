/** One thing that was looked at. `bad` keeps something from working; a `hint` is for those who want it. */
export interface Finding {
  readonly state: 'ok' | 'bad' | 'hint'
  readonly text: string
  /** What to type or do about it, where something is to be done. */
  readonly type?: string
}

export const ok = (text: string): Finding => ({ state: 'ok', text })
export const bad = (text: string, type: string): Finding => ({ state: 'bad', text, type })
export const hint = (text: string, type: string): Finding => ({ state: 'hint', text, type })
