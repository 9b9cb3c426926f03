import { RunbookError } from '../../model/errors.ts'
import type { Probe } from '../../model/probe.ts'
import { findBootLoader } from './find-boot-loader.ts'

/** What the next boot's kernel will be given; null where no boot loader that this product knows tells it. */
export async function nextCommandLine(host: Probe): Promise<string | null> {
  try {
    const found = await findBootLoader(host, { runbook: '' })
    return 'code' in found ? null : await found.nextLine(host)
  } catch (error) {
    // Whoever only looks must not fail because a menu cannot be read.
    if (error instanceof RunbookError) return null
    throw error
  }
}
