import { hostname, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { askSsh, type SshAnswer } from './ask-ssh.ts'
import { type Person, readSays, type SshSays } from './read-answer.ts'
import { type Block, type ConfigFile, readBlocks } from './read-blocks.ts'
import { type Asked, hostNameFrom, hostNameUsed, type Shared, shareOf } from './share-answers.ts'

/** What ssh_config says of hosts. */
export interface SshConfig {
  /**
   * What `ssh NAME` would go by. `file`: the one file to read, `none` for none; default the operator's own and the
   * machine's. ssh itself is asked once for all names that its patterns treat alike, and for none of the others.
   * Throws UsageError for a faulty file.
   */
  says(asked: Asked, file: string | undefined): Promise<SshSays>
}

const SYSTEM = '/etc/ssh/ssh_config'

export function makeSshConfig(environment: Readonly<Record<string, string | undefined>>): SshConfig {
  // As ssh, which looks up the home of the user, and believes HOME for nothing but the paths of Include.
  const { username: user, uid, homedir: home } = userInfo()
  const { HOME: ofIncludes = home } = environment
  const person: Person = { user, uid, home, machine: hostname(), environment }
  const blocks = new Map<string, Promise<readonly Block[]>>()
  const answers = new Map<string, Promise<SshAnswer>>()

  function once<Value>(map: Map<string, Promise<Value>>, key: string, make: () => Promise<Value>): Promise<Value> {
    const value = map.get(key) ?? make()
    map.set(key, value)
    return value
  }

  /** The name for which ssh was asked in the place of this one, and its answer. */
  const asking = new Map<string, string>()
  async function answerFor(asked: Asked, file: string | undefined, shared: Shared) {
    const key = `${file ?? ''} ${shared.key}`
    const name = asking.get(key) ?? asked.name
    asking.set(key, name)
    return { name, answer: await once(answers, key, () => askSsh(asked, { file, environment })) }
  }

  async function hostNameOf(asked: Asked, file: string | undefined, shared: Shared) {
    const { name, answer } = await answerFor(asked, file, shared)
    const [printed = name] = answer.get('hostname') ?? []
    if (name === asked.name) return { hostName: printed, answer }
    const template = hostNameUsed(shared.hostNames, name, printed)
    if (template !== undefined) return { hostName: hostNameFrom(template, asked.name), answer }
    const own = await answerFor(asked, file, { ...shared, key: `${shared.key} ${asked.name}` })
    return { hostName: own.answer.get('hostname')?.[0] ?? asked.name, answer: own.answer }
  }

  return {
    async says(asked, file) {
      if (file === 'none') return {}
      const files =
        file === undefined
          ? usualFiles(home, ofIncludes)
          : [{ path: file, folder: join(ofIncludes, '.ssh'), own: true }]
      const shared = shareOf(await once(blocks, file ?? '', () => readBlocks(files, ofIncludes)), asked)
      if (shared.nothing) return {}
      const without = await once(answers, 'without any file', () =>
        askSsh({ name: 'any' }, { file: 'none', environment }),
      )
      const { hostName, answer } = await hostNameOf(asked, file, shared)
      // ssh writes names in lower case; a name that it only wrote so is no other one.
      const own = hostName === asked.name.toLowerCase() ? asked.name : hostName
      return readSays({ answer, without, name: asked.name, hostName: own, gssapi: shared.gssapi, person })
    },
  }
}

const usualFiles = (home: string, ofIncludes: string): readonly ConfigFile[] => [
  { path: join(home, '.ssh/config'), folder: join(ofIncludes, '.ssh'), own: true },
  { path: SYSTEM, folder: dirname(SYSTEM), own: false },
]
