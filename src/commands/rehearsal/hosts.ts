import { UsageError } from '../../model/errors.ts'
import { suggest } from '../../model/suggest.ts'
import type { HostSet } from '../../rehearsal/hosts/host-set.ts'
import { counted } from '../../reporter/wording.ts'
import { findProject } from '../project/find-project.ts'
import type { Verb } from '../verb.ts'
import { kindOfHosts } from './kind-of-hosts.ts'
import { mayInstall } from './may-install.ts'

/** The set of hosts that `hosts up` makes. */
const SET = 'rehearsal'

/** Throw-away hosts to plan and run on by hand. */
export const hosts: Verb = {
  words: ['<up|down>', '[set]'],
  flags: ['hosts', 'on', 'yes', 'input', 'json'],
  examples: [
    ['runbook hosts up --hosts 3', 'three of them; the inventory is called rehearsal'],
    ['runbook hosts up --on vm', 'one virtual machine with a kernel of its own'],
    ['runbook run hugepages-1g -i rehearsal', 'real changes, on hosts that nobody misses'],
    ['runbook hosts down', 'removes them, or those that `rehearse --keep` left'],
  ],
  async act({ operator, options, words: [action = '', name = SET] }) {
    const consent = { say: operator.say, mayInstall: mayInstall(operator, options) }
    const { downHosts, upHosts } = await import('../../rehearsal/container-hosts.ts')
    const { findVms, upVms } = await import('../../rehearsal/vm-hosts.ts')
    const { linkInventory, unlinkInventory } = await import('./rehearsal-inventory.ts')
    const project = await findProject(operator.folder)
    if (action === 'up') {
      const wanted = { ...consent, count: options.hosts ?? 1, set: name, keep: true }
      const set: HostSet = (await kindOfHosts(options)) === 'vm' ? await upVms(wanted) : await upHosts(wanted)
      await set.leave()
      if (name === SET) await linkInventory(project, set.inventory)
      if (options.json) operator.put(JSON.stringify({ type: 'hosts', inventory: set.inventory, names: names(set) }))
      else
        operator.put(`${names(set).join(', ')} are up. Try: runbook plan NAME -i ${name === SET ? SET : set.inventory}`)
      return 0
    }
    if (action === 'down') {
      const machines = await findVms(name)
      await machines?.down()
      const count = machines ? machines.hosts.length : await downHosts(name, consent)
      if (name === SET) await unlinkInventory(project)
      operator.say(`${counted(count, 'host')} removed`)
      return 0
    }
    const meant = suggest(action, ['up', 'down'])
    throw new UsageError(`runbook hosts ${action}: it is up or down.${meant ? ` Did you mean "${meant}"?` : ''}`)
  },
}

const names = (set: { readonly hosts: readonly { readonly name: string }[] }): readonly string[] =>
  set.hosts.map(({ name }) => name)
