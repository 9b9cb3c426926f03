import type { CloudProbe } from '../../model/cloud.ts'

/** A cloud that is asked each question once: what several checks of one plan want to know costs one answer. */
export function rememberCloud(cloud: CloudProbe): CloudProbe {
  const known = new Map<string, Promise<unknown>>()
  function once<Value>(question: string, ask: () => Promise<Value>): Promise<Value> {
    // A question's answer is always of the one type that its method gives.
    const answer = (known.get(question) as Promise<Value> | undefined) ?? ask()
    known.set(question, answer)
    return answer
  }
  return {
    computeServices: () => once('services', () => cloud.computeServices()),
    servers: (computeHost) => once(`servers ${computeHost}`, () => cloud.servers(computeHost)),
    server: (id) => once(`server ${id}`, () => cloud.server(id)),
    network: (id) => once(`network ${id}`, () => cloud.network(id)),
  }
}
