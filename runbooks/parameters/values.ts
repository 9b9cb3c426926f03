import { parseBytes } from 'runbook'
import { z } from 'zod'

// Kinds of values that several runbooks take. `like` is the example that answers a value of another kind.

/** A number, or a number with a unit as people write it; given on as bytes. */
export const bytes = (like: string) =>
  z
    .union([
      z.number().int().min(0),
      z.string().regex(/^\d+[KMGT]?$/i, `a number of bytes with K, M, G or T, such as ${like}`),
    ])
    .transform((value) => (typeof value === 'number' ? value : (parseBytes(value) ?? 0)))

/** Absolute, without `.` and `..`: a file has one spelling, which can be compared. */
export const path = (like: string) =>
  z.string().regex(/^(\/(?!\.{1,2}(\/|$))[^/\s]+)+$/, `an absolute path without blanks, such as ${like}`)

export const duration = (like: string) => z.string().regex(/^\d+(s|m|h)$/, `a number and s, m or h, such as ${like}`)

/** A number for each NUMA node that is named. */
export const perNode = z.record(z.string().regex(/^\d+$/, 'a NUMA node is a number'), z.number().int().min(0))

/** What clouds.yaml calls a cloud. */
export const cloudName = z.string().regex(/^[A-Za-z0-9_][\w.-]*$/, 'the name of a cloud in clouds.yaml, or envvars')
