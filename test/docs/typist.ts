import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Documented } from './documented.ts'
import { filesOf } from './typed-commands.ts'

const HOME = resolve(import.meta.dirname, '../..')

/** Runs of the documentation. */
const RUN_NAMES = /\b(7f3k2|kvtpx|jg6ky|RUN)\b/

/** Whoever types the commands of the documentation, in a folder of their own. */
export interface Typist {
  readonly folder: string
  write(path: string, text: string): Promise<void>
  /** Types it in bash; stdin is empty, so questions find nobody. The newest run stands for those of the documentation. */
  type(documented: Pick<Documented, 'command' | 'also' | 'instead'>): Promise<Typed>
  remove(): Promise<void>
}

export interface Typed {
  readonly exit: number
  /** Both streams, as they came. */
  readonly said: string
}

/** An empty folder in which `runbook` is the checkout's. */
export async function typist(): Promise<Typist> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-typed-'))
  const programs = join(folder, '.bin')
  const { HOME: home = '', PATH = '' } = process.env
  const env = {
    HOME: home,
    PATH: `${programs}:${dirname(process.execPath)}:${PATH}`,
    XDG_STATE_HOME: join(folder, '.state'),
    NODE_COMPILE_CACHE: join(HOME, '.cache/compile'),
  }
  let run = '7f3k2'
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await write('.bin/runbook', `#!/bin/sh\nexec '${process.execPath}' '${join(HOME, 'src/main.ts')}' "$@"\n`)
  await chmod(join(programs, 'runbook'), 0o755)
  await mkdir(join(folder, 'node_modules'))
  await symlink(HOME, join(folder, 'node_modules/runbook'))
  await symlink(join(HOME, 'node_modules/zod'), join(folder, 'node_modules/zod'))
  return {
    folder,
    write,
    async type({ command, also = '', instead = {} }) {
      const typed = Object.entries(instead)
        .reduce((line, [word, other]) => line.replaceAll(word, other), command)
        .replace(RUN_NAMES, run)
        .concat(' ', also)
      const ended = await inBash(typed, folder, env)
      run = /\brun (\w{5})\b/.exec(ended.said)?.[1] ?? run
      return ended
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Lays out the files that a page of the documentation shows with their paths. */
export async function layOutFilesOf(page: string, { write }: Typist): Promise<void> {
  const text = await readFile(join(HOME, page), 'utf8')
  for (const [path, content] of filesOf(text, 'ts')) await write(path, content)
}

function inBash(line: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Typed> {
  return new Promise((resolved) => {
    const child = execFile('bash', ['-c', line], { cwd, env, timeout: 120_000 }, (error, stdout, stderr) => {
      const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolved({ exit, said: stdout + stderr })
    })
    child.stdin?.end()
  })
}
