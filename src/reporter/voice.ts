import type { Reporter } from '../engine/ports.ts'

/** A reporter that can be asked to stand still, so that a plan or a question has the screen for itself. */
export interface Voice extends Reporter {
  /** Ends what is being drawn. The next phase begins a new drawing. */
  rest(): Promise<void>
}

/** Puts one line out. */
export type Say = (line: string) => void
