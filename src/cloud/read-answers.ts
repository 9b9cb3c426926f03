import type { ComputeService, Network, Server } from '../model/cloud.ts'
import { CommandFailed } from '../model/errors.ts'
import type { Json } from '../model/json.ts'

/** `openstack compute service list --long -f json` of openstackclient 5 and later. */
export const readComputeServices = (answer: Json): readonly ComputeService[] =>
  rows(answer).map((row) => {
    const [status, state] = [text(row, 'Status'), text(row, 'State')]
    if (status !== 'enabled' && status !== 'disabled') throw notUnderstood('Status', row)
    if (state !== 'up' && state !== 'down') throw notUnderstood('State', row)
    return { host: text(row, 'Host'), status, state, reason: maybe(row, 'Disabled Reason') }
  })

/** `openstack server list --long -f json` of openstackclient 5 and later. */
export const readServers = (answer: Json): readonly Server[] =>
  rows(answer).map((row) => ({
    id: text(row, 'ID'),
    name: text(row, 'Name'),
    status: text(row, 'Status'),
    task: maybe(row, 'Task State'),
    host: maybe(row, 'Host'),
    fault: null,
  }))

/** `openstack server show -f json` of openstackclient 5 and later. */
export function readServer(answer: Json): Server {
  const row = fields(answer)
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    status: text(row, 'status'),
    task: maybe(row, 'OS-EXT-STS:task_state'),
    host: maybe(row, 'OS-EXT-SRV-ATTR:host'),
    fault: faultOf(row.fault),
  }
}

/** `openstack network show -f json` and `openstack subnet list --network ID --ip-version 6 -f json`. */
export function readNetwork(shown: Json, subnets: Json): Network {
  const row = fields(shown)
  const { mtu } = row
  if (typeof mtu !== 'number') throw notUnderstood('mtu', row)
  return { id: text(row, 'id'), name: text(row, 'name'), mtu, ipv6: rows(subnets).length > 0 }
}

type Row = Readonly<Record<string, Json>>

/** Versions differ in whether they print the fault as an object or as its text in Python. */
function faultOf(fault: Json | undefined): string | null {
  if (fault === undefined || fault === null) return null
  if (typeof fault === 'string') return /'message': '((?:[^'\\]|\\.)*)'/.exec(fault)?.[1] ?? fault
  return typeof fault === 'object' && !Array.isArray(fault) ? maybe(fault as Row, 'message') : null
}

function rows(answer: Json): readonly Row[] {
  if (Array.isArray(answer)) return answer.map(fields)
  throw notUnderstood('a list', answer)
}

function fields(answer: Json): Row {
  // An object of JSON is a record of JSON.
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer as Row
  throw notUnderstood('an object', answer)
}

function text(row: Row, field: string): string {
  const value = row[field]
  if (typeof value === 'string' && value !== '') return value
  throw notUnderstood(field, row)
}

function maybe(row: Row, field: string): string | null {
  const value = row[field]
  // What Python has no value for is printed as the word by some versions.
  return typeof value === 'string' && value !== '' && value !== 'None' ? value : null
}

const notUnderstood = (what: string, answer: Json): CommandFailed =>
  new CommandFailed(`the answer of openstack lacks ${what}: ${JSON.stringify(answer).slice(0, 200)}`, {
    code: 'E_CLOUD_ANSWER',
    exitCode: 0,
    tail: '',
    remedy: 'Use openstackclient 5 or later.',
  })
