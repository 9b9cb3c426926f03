import { UsageError } from '../../model/errors.ts'
import type { Host, Inventory } from '../../model/inventory.ts'
import { suggest } from '../../model/suggest.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import { chooseInventory } from '../conduct/choose-hosts.ts'
import { findProject } from '../project/find-project.ts'
import { reachHosts } from '../reaching/reach-hosts.ts'
import type { Verb } from '../verb.ts'

/** Hosts, groups, or one host with where each of its values comes from. */
export const inventory: Verb = {
  words: ['<list|graph|host>', '[name]'],
  flags: ['inventory', 'limit', 'json'],
  examples: [
    ['runbook inventory list -i prod -l rack-a', 'names and addresses'],
    ['runbook inventory graph -i prod', 'groups and their hosts'],
    ['runbook inventory host hv-01 -i prod', 'one host: connection and variables, and where each is from'],
  ],
  async act({ operator, options, words: [action = '', name] }) {
    const project = await findProject(operator.folder)
    const read = async () => chooseInventory(options, project)
    const lines = (texts: readonly string[], data: object) => {
      for (const text of options.json ? [JSON.stringify(data)] : texts) operator.put(text)
      return 0
    }
    if (action === 'list') {
      const chosen = await reachHosts(await read(), 'all', options, operator)
      return lines(listText(chosen), { type: 'hosts', hosts: chosen })
    }
    if (action === 'graph') {
      const found = await read()
      return lines(graphText(found), { type: 'groups', groups: Object.fromEntries(found.groups) })
    }
    if (action === 'host') {
      const host = oneHost(await read(), name)
      return lines(hostText(host), { type: 'host', ...host })
    }
    const meant = suggest(action, ['list', 'graph', 'host'])
    throw new UsageError(
      `runbook inventory ${action}: it is list, graph or host.${meant ? ` Did you mean "${meant}"?` : ''}`,
    )
  },
}

function oneHost({ hosts, name: inventory }: Inventory, name: string | undefined): Host {
  if (name === undefined) throw new UsageError('which host? Type: runbook inventory host NAME')
  const host = hosts.get(name)
  if (host) return host
  const meant = suggest(name, hosts.keys())
  throw new UsageError(`inventory ${inventory}: there is no host "${name}".${meant ? ` Did you mean "${meant}"?` : ''}`)
}

function listText(hosts: readonly Host[]): readonly string[] {
  const longest = Math.max(...hosts.map(({ name }) => name.length))
  return hosts.map(
    ({ name, connection: { user, address, port } }) => `${name.padEnd(longest)}  ${user}@${address}:${port}`,
  )
}

const graphText = ({ groups }: Inventory): readonly string[] =>
  [...groups].map(([group, members]) => `${group} (${members.length}): ${foldHosts(members)}`)

function hostText({ name, groups, connection, vars, origins, overrides }: Host): readonly string[] {
  const entries = (data: object): readonly string[] =>
    Object.entries(data).map(([key, value]) => {
      const from = origins[key] ? `   (${origins[key]})` : ''
      return `  ${key}: ${JSON.stringify(value)}${from}`
    })
  const part = (title: string, data: object) => (Object.keys(data).length > 0 ? [title, ...entries(data)] : [])
  return [
    name,
    `  groups: ${groups.join(', ')}`,
    ...part('connection', connection),
    ...part('variables', vars),
    ...part('overridden guards', overrides),
  ]
}
