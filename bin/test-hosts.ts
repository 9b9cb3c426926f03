// Brings test hosts up and down by hand: node bin/test-hosts.ts up 3 [SET] | down [SET] | prepare
import { downHosts, upHosts } from '../src/rehearsal/container-hosts.ts'
import { testHostImage } from '../src/rehearsal/docker/images.ts'
import { dockerEngine } from '../src/rehearsal/docker-engine.ts'

const [verb, first, second] = process.argv.slice(2)
const consent = { say: (line: string) => console.error(line), mayInstall: async () => true }

if (verb === 'up') {
  const set = await upHosts({ ...consent, count: Number(first ?? 1), set: second ?? 'by-hand', keep: true })
  await set.leave()
  console.log(JSON.stringify({ ...set, hosts: set.hosts.map(({ name, port }) => ({ name, port })) }, null, 2))
} else if (verb === 'down') {
  console.error(`${await downHosts(first ?? 'by-hand', consent)} test hosts removed`)
} else if (verb === 'prepare') {
  const engine = await dockerEngine(consent)
  console.log(await testHostImage(engine, consent))
  await engine.leave()
} else {
  console.error('Type: node bin/test-hosts.ts up COUNT [SET] | down [SET] | prepare')
  process.exitCode = 2
}
