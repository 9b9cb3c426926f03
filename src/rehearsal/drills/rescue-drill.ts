import { setTimeout as sleep } from 'node:timers/promises'
import type { TestHost } from '../hosts/test-host.ts'
import { differencesSince, type HostState, takeState } from '../verdict/host-state.ts'
import { type Difference, inside, inWords, RECORD } from '../verdict/snapshot.ts'
import type { Phase } from '../verdict/verdict.ts'
import { begunSteps } from '../verdict/what-happened.ts'
import type { Undisturbed } from './run-act.ts'
import { phase, runOf, type Stage, troubles } from './stage.ts'

/** A run that has changed the host of a stage, and the host as it was before. */
export interface Changed {
  readonly run: string
  readonly before: HostState
}

/**
 * Takes a run back as somebody would to whom nothing but the console is left: `undo.sh`, by root, without network and
 * without anything that runs on the host. Files that the run kept must be as before, byte for byte, and where the run
 * restarted the host it must boot as before. What commands made besides is named: there is nothing kept of it.
 */
export async function rescueDrill(
  stage: Stage,
  { events, like, restarts }: Undisturbed,
  disturbed: Promise<Changed | undefined> | null,
): Promise<Phase> {
  const [host] = stage.hosts
  if (!host) throw new TypeError('a stage has at least one host')
  if (begunSteps(events, like).length === 0) {
    return phase('drill rescue', 'there was no change to take back', async () => [])
  }
  let story = ''
  const found = await phase('drill rescue', '', async () => {
    const { changed, wrong } = disturbed ? { changed: await disturbed, wrong: [] } : await change(stage, host)
    if (!changed) return ['no run came to its end before', ...wrong]
    const { run, before } = changed
    const paths = pathsOf(await inside(host, `cat ${RECORD}/runs/${run}/manifest 2>/dev/null || true`))
    const left = await undoByHand(host, run)
    const files = (await differencesSince(host, before)).filter(isFile)
    if (restarts > 0) await bootAgain(host)
    const boot = restarts > 0 ? (await differencesSince(host, before)).filter(isKernel) : []
    const own = files.filter(({ path }) => paths.has(path))
    story = storyOf({ paths: paths.size, booted: restarts > 0, made: files.filter(({ path }) => !paths.has(path)) })
    return [...left, ...[...own, ...boot].map((one) => `after undo.sh: ${inWords(one)}`)]
  })
  return found.passed ? { ...found, text: story } : found
}

async function change(stage: Stage, host: TestHost): Promise<{ changed?: Changed; wrong: readonly string[] }> {
  const before = await takeState(host)
  const ended = await stage.start('run').ended
  const run = runOf(ended)
  return { wrong: troubles(ended, 'run'), ...(run && ended.exitCode === 0 ? { changed: { run, before } } : {}) }
}

/**
 * Without a network, and with nothing in /run, where systemd, D-Bus, udev and LVM listen: so are the shells of an
 * initramfs and of an installer. Gives what it could not put back.
 */
export async function undoByHand(host: TestHost, run: string): Promise<readonly string[]> {
  const shell = `mount -t tmpfs rescue /run && exec sh ${RECORD}/runs/${run}/undo.sh`
  const { exitCode, stdout, stderr } = await host.inside(`exec unshare --net --mount sh -c '${shell}' </dev/null`)
  if (exitCode === 0) return []
  const said = `${stdout}\n${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('put back: '))
  return [`undo.sh exited ${exitCode}`, ...said.slice(-5)]
}

const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id'
/** `degraded` serves: a unit that failed is told by what runs. */
const UP = 'case $(systemctl is-system-running) in running|degraded) ;; *) exit 1 ;; esac'
/** A virtual machine that QEMU translates takes most of a minute. */
const BACK_WITHIN_SECONDS = 300

/** Power off and on, and until it is up. */
export async function bootAgain(host: TestHost): Promise<void> {
  const old = await inside(host, BOOT_ID)
  await host.powerCycle()
  for (let second = 0; second < BACK_WITHIN_SECONDS; second += 0.5) {
    const { exitCode, stdout } = await host.inside(`${UP}; ${BOOT_ID}`).catch(() => ({ exitCode: 1, stdout: '' }))
    if (exitCode === 0 && stdout !== old) return
    await sleep(500)
  }
  throw new Error(`${host.name} did not come back within ${BACK_WITHIN_SECONDS}s after undo.sh`)
}

const isFile = ({ path }: Difference): boolean => path.startsWith('/')
const isKernel = ({ path }: Difference): boolean => path === 'kernel /proc/cmdline'

/** Of lines of before, after, mode, owner, label, step, path and a colon. */
const pathsOf = (manifest: string): ReadonlySet<string> =>
  new Set(
    manifest.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ').slice(6).join(' ').slice(0, -1)])),
  )

function storyOf({ paths, booted, made }: { paths: number; booted: boolean; made: readonly Difference[] }): string {
  const files = paths === 0 ? 'the run changed no file itself' : `${paths} ${paths === 1 ? 'file' : 'files'} as before`
  const boot = booted ? ', and it boots as before' : ''
  const rest = made.length === 0 ? '' : `; left, as commands made them: ${made.map(({ path }) => path).join(', ')}`
  return `${files}${boot}${rest}`
}
