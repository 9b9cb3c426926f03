import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RealSite } from '../conformance/real-line.ts'
import { realHost } from './real-host.ts'

/** A host on which the process that calls a tool can be killed at any of its calls. */
export interface MortalSite extends RealSite {
  /** A folder of the host that is no part of it. */
  readonly scratch: string
  /** SIGKILL for whoever makes the call of this number from now on, before or after the tool did its work. */
  killAt(call: number, when: 'before' | 'after'): void
  /** Back to tools that kill nobody. Says how many calls were made. */
  disarm(): number
  /** The calls since `killAt`, each as a line of words. */
  calls(): readonly string[]
}

const MOST_CALLS = 60

/** Runs `attempt` once per place and way to die; `mortal` is called around what shall be killed. */
export async function atEveryCall<Found>(
  site: MortalSite,
  ways: readonly ('before' | 'after')[],
  attempt: (mortal: <Value>(work: () => Promise<Value>) => Promise<Value>) => Promise<Found>,
): Promise<(Found & { readonly place: string })[]> {
  const all: (Found & { readonly place: string })[] = []
  for (const when of ways) {
    let calls = 1
    for (let call = 1; call <= calls && call <= MOST_CALLS; call += 1) {
      const found = await attempt(async (work) => {
        site.killAt(call, when)
        const value = await work()
        // As many calls as this one was killed at: there may be a next.
        calls = site.disarm() + 1
        return value
      })
      all.push({ ...found, place: `${when} call ${call}` })
    }
  }
  return all
}

const TOOLS = [
  'flock',
  'sync',
  'sha256sum',
  'stat',
  'cat',
  'cp',
  'mv',
  'rm',
  'chmod',
  'chown',
  'mkdir',
  'timeout',
  'date',
]

const wrapper = (folder: string, tool: string): string => `#!${folder}/tools/sh
if read -r at when 2>/dev/null <${folder}/kill-at; then
  echo ${tool} "$@" >>${folder}/calls
  n=0
  while read -r line; do n=$((n + 1)); done <${folder}/calls
  if [ "$n" = "$at" ]; then
    [ "$when" = after ] && ${folder}/tools/${tool} "$@"
    kill -s KILL $PPID
    exit 1
  fi
fi
exec ${folder}/tools/${tool} "$@"
`

/** A real host whose tools are wrapped. */
export async function mortalHost(shell: 'dash' | 'bash' = 'dash'): Promise<MortalSite> {
  const wrap = TOOLS.map(
    (tool) => `cp /usr/bin/${tool} F/tools/; mount --bind F/wrappers/${tool} /usr/bin/${tool}`,
  ).join('\n')
  const site = await realHost({
    shell,
    prepareIn: (folder) => {
      mkdirSync(join(folder, 'wrappers'))
      for (const tool of TOOLS) writeFileSync(join(folder, 'wrappers', tool), wrapper(folder, tool), { mode: 0o755 })
      return `mkdir ${folder}/tools; cp /usr/bin/dash ${folder}/tools/sh\n${wrap.replaceAll('F/', `${folder}/`)}`
    },
  })
  const at = join(site.scratch, 'kill-at')
  const calls = join(site.scratch, 'calls')
  const made = () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [])
  return {
    ...site,
    calls: made,
    killAt(call, when) {
      rmSync(calls, { force: true })
      writeFileSync(at, `${call} ${when}\n`)
    },
    disarm() {
      rmSync(at, { force: true })
      return made().length
    },
  }
}
