import { UsageError } from '../../model/errors.ts'
import type { Host, Inventory } from '../../model/inventory.ts'
import { suggest } from '../../model/suggest.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import { chooseInventory, findHosts } from '../conduct/choose-hosts.ts'
import { findProject } from '../project/find-project.ts'
import { reachHosts, settleConnections } from '../reaching/reach-hosts.ts'
import type { Verb } from '../verb.ts'
import { groupSayings, hostSayings, shownSaying, shownValue, variableText } from './sayings-text.ts'

/** Hosts, groups, or one host with where each of its values comes from. */
export const inventory: Verb = {
  words: ['<list|graph|host>', '[name]'],
  flags: ['inventory', 'limit', 'json'],
  examples: [
    ['runbook inventory list -i prod -l rack-a', 'names and addresses'],
    ['runbook inventory list count1g -i prod', 'what each host has as count1g, who says so, and over whom'],
    ['runbook inventory graph -i prod', 'groups and their hosts'],
    ['runbook inventory graph compute -i prod', 'one group, what it says, and which hosts have something nearer'],
    ['runbook inventory host hv-01 -i prod', 'one host: connection and variables, and where each is from'],
  ],
  async act({ operator, options, words: [action = '', name] }) {
    const meant = suggest(action, ['list', 'graph', 'host'])
    if (!['list', 'graph', 'host'].includes(action)) {
      throw new UsageError(
        `runbook inventory ${action}: it is list, graph or host.${meant ? ` Did you mean "${meant}"?` : ''}`,
      )
    }
    const project = await findProject(operator.folder)
    const inventory = await chooseInventory(options, project)
    for (const note of inventory.notes) operator.say(`warning: ${note}`)
    const lines = (texts: readonly string[], data: object) => {
      for (const text of options.json ? [JSON.stringify(data)] : texts) operator.put(text)
      return 0
    }
    if (action === 'graph') {
      const groups = Object.fromEntries(inventory.groups)
      return lines(graphText(inventory, name), {
        type: 'groups',
        groups,
        children: Object.fromEntries(inventory.children),
      })
    }
    if (action === 'host') {
      const found = oneHost(inventory, name)
      const [host = found] = await settleConnections(inventory, [found], operator.environment)
      const sayings = Object.fromEntries(
        [...inventory.sayings(host.name)].map(([key, one]) => [key, shownSaying(key, one)]),
      )
      return lines(hostText(inventory, host), { type: 'host', ...host, vars: shownVars(host.vars), sayings })
    }
    if (name === undefined) {
      const chosen = await reachHosts(withoutObstacles(inventory), 'all', options, operator)
      return lines(listText(inventory, chosen), {
        type: 'hosts',
        hosts: chosen.map((host) => ({
          ...host,
          vars: shownVars(host.vars),
          obstacles: inventory.hosts.get(host.name)?.obstacles ?? [],
        })),
      })
    }
    const chosen = findHosts(inventory, 'all', options, operator.folder)
    const values = Object.fromEntries(chosen.map((host) => [host.name, shownVars(host.vars)[name] ?? null]))
    return lines(variableText(inventory, chosen, name), { type: 'variable', name, values })
  },
}

function oneHost({ hosts, name: inventory }: Inventory, name: string | undefined): Host {
  if (name === undefined) throw new UsageError('which host? Type: runbook inventory host NAME')
  const host = hosts.get(name)
  if (host) return host
  const meant = suggest(name, hosts.keys())
  throw new UsageError(`inventory ${inventory}: there is no host "${name}".${meant ? ` Did you mean "${meant}"?` : ''}`)
}

/** Hosts that cannot be reached are listed too. */
function withoutObstacles(inventory: Inventory): Inventory {
  const hosts = [...inventory.hosts].map(([name, host]): [string, Host] => [
    name,
    host.obstacles.length > 0 ? { ...host, obstacles: [] } : host,
  ])
  return { ...inventory, hosts: new Map(hosts) }
}

function listText({ hosts: asWritten }: Inventory, hosts: readonly Host[]): readonly string[] {
  const longest = Math.max(...hosts.map(({ name }) => name.length))
  return hosts.map(({ name, connection: { user, address, port } }) => {
    const obstacles = asWritten.get(name)?.obstacles ?? []
    const place = obstacles.length > 0 ? `cannot be reached: ${obstacles.join('; ')}` : `${user}@${address}:${port}`
    return `${name.padEnd(longest)}  ${place}`
  })
}

/** The groups below each other; one that stands at several places is written out at the first. */
function graphText(inventory: Inventory, name: string | undefined): readonly string[] {
  const { groups, children } = inventory
  if (name !== undefined && !groups.has(name)) {
    const meant = suggest(name, groups.keys())
    throw new UsageError(
      `inventory ${inventory.name}: there is no group "${name}".${meant ? ` Did you mean "${meant}"?` : ''}`,
    )
  }
  const below = new Set([...children].flatMap(([group, inner]) => (group === 'all' ? [] : inner)))
  const tops = name === undefined ? [...groups.keys()].filter((group) => !below.has(group)) : [name]
  const written = new Set<string>()
  const lines = (group: string, indent: string): readonly string[] => {
    const members = groups.get(group) ?? []
    const line = `${indent}${group} (${members.length}): ${foldHosts(members)}`
    const inner = group === 'all' || written.has(group) ? [] : (children.get(group) ?? [])
    written.add(group)
    return [line, ...inner.flatMap((child) => lines(child, `${indent}  `))]
  }
  return [...tops.flatMap((group) => lines(group, '')), ...(name === undefined ? [] : groupSayings(inventory, name))]
}

function hostText(
  inventory: Inventory,
  { name, groups, connection, unresolved, obstacles, overrides }: Host,
): readonly string[] {
  const part = (title: string, lines: readonly string[]) => (lines.length > 0 ? [title, ...lines] : [])
  const entries = (data: object) => Object.entries(data).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`)
  return [
    name,
    `  groups: ${groups.join(', ')}`,
    ...part('connection', entries(connection)),
    ...part(
      'cannot be reached so',
      obstacles.map((text) => `  ${text}`),
    ),
    ...part('variables', hostSayings(inventory, name)),
    ...part(
      'cannot be used as they are',
      Object.entries(unresolved).map(([key, why]) => `  ${key}: ${why}`),
    ),
    ...part('overridden guards', entries(overrides)),
  ]
}

const shownVars = (vars: Host['vars']): Host['vars'] =>
  Object.fromEntries(Object.entries(vars).map(([key, value]) => [key, shownValue(key, value)]))
