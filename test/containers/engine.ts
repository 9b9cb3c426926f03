import { testHostImage } from '../../src/rehearsal/docker/images.ts'
import { dockerEngine } from '../../src/rehearsal/docker-engine.ts'

/** Keeps the Docker engine up over all files that use test hosts; gives the function that ends this use. */
export default async function engineForTests(): Promise<() => Promise<void>> {
  const consent = { say: (line: string) => process.stderr.write(`${line}\n`), mayInstall: async () => true }
  const engine = await dockerEngine(consent)
  await testHostImage(engine, 'debian', consent)
  return () => engine.leave()
}
