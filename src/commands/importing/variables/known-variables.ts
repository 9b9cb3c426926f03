import type { Inventory } from '../../../model/inventory.ts'
import type { Json } from '../../../model/json.ts'
import { isMap, type WrittenPlay } from '../read-playbook.ts'
import { namesSetByTasks } from './names-set-by-tasks.ts'
import type { RoleVariables } from './role-variables.ts'

/** A variable of which all values are known that a host of the play can have. */
export interface Known {
  readonly kind: 'known'
  readonly values: readonly Json[]
  /** What holds where the inventory says nothing. */
  readonly default?: Json
  /** Where it was found, in words. */
  readonly from: string
}

export type Found = Known | { readonly kind: 'unknown'; readonly why: string }

export interface Around {
  /** All plays of the file: what one finds out, the next still knows. */
  readonly plays: readonly WrittenPlay[]
  /** What stands beside a file of tasks that is a role's. */
  readonly role: RoleVariables | null
  /** The inventory, and which of its hosts the play is for. */
  readonly inventory: { readonly whole: Inventory; readonly hosts: readonly string[] } | null
  /** Why nothing of the variables is certain, such as group_vars that the inventory was read without. */
  readonly doubt: string | null
}

/** Names that Ansible or Jinja give a meaning of their own. */
const OWN =
  /^(?:ansible_\w*|inventory_\w+|playbook_\w+|role_\w+|parent_role_\w+|group_names|groups|hostvars|item|omit|play_hosts|environment|vars|template_\w+|true|false|none|not|and|or|in|is|if|else|range|dict|lipsum|cycler|joiner|namespace|lookup|query|q|now|undef|finalize)$/i
/** Their values would stand in the journal as parameters. */
const SECRET = /passw|passphrase|secret|token|credential|private_?key|api_?key/i

/** Looks a variable of a play up as Ansible would: defaults of a role, the inventory over them, the play or the role's vars over all. */
export function knownVariables(play: WrittenPlay, { plays, role, inventory, doubt }: Around): (name: string) => Found {
  const taken = namesSetByTasks(plays)
  const unknown = (why: string): Found => ({ kind: 'unknown', why })
  const over = role ? role.vars : isMap(play.keys.vars ?? null) ? (play.keys.vars as Record<string, Json>) : {}
  const overFrom = role ? "the role's vars" : 'the play'
  return (name) => {
    if (OWN.test(name)) return unknown(`${name} is Ansible's own`)
    if (SECRET.test(name)) return unknown(`${name} looks like a secret: write it as one`)
    const by = taken(name) ?? (play.keys.vars_files === undefined ? null : 'vars_files') ?? role?.doubt ?? doubt
    if (by !== null) return unknown(`${by} may say ${name}`)
    const said = inventory ? sayings(name, inventory) : { values: [], unresolved: undefined }
    if (said.unresolved) return unknown(`${name} is no value in the inventory: ${said.unresolved}`)
    if (name in over) {
      if (!inventory) return unknown(`${overFrom} says ${name}, and so may the inventory: name that with -i`)
      if (said.values.length > 0) return unknown(`${overFrom} says ${name}, and so does the inventory`)
      return (
        closed(over[name] ?? null) ?? {
          kind: 'known',
          values: [over[name] ?? null],
          default: over[name] ?? null,
          from: `As in ${overFrom}`,
        }
      )
    }
    const lowest = role?.defaults[name]
    if (lowest !== undefined)
      return (
        closed(lowest) ?? {
          kind: 'known',
          values: [...said.values, lowest],
          default: lowest,
          from: "As in the role's defaults",
        }
      )
    if (said.values.length > 0) return { kind: 'known', values: said.values, from: 'As in the inventory' }
    return unknown(`${name} is not known${inventory ? '' : ': name the inventory with -i'}`)

    function closed(value: Json): Found | null {
      return JSON.stringify(value).includes('{') ? unknown(`${name} is itself a template or a map`) : null
    }
  }
}

/** What the hosts of the play say. */
function sayings(name: string, { whole, hosts }: NonNullable<Around['inventory']>) {
  const all = hosts.flatMap((host) => whole.hosts.get(host) ?? [])
  return {
    values: all.flatMap(({ vars }) => (vars[name] === undefined ? [] : [vars[name]])),
    unresolved: all.map(({ unresolved }) => unresolved[name]).find((why) => why !== undefined),
  }
}
