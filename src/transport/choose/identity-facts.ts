import { access, readFile } from 'node:fs/promises'
import type { IdentityFacts } from './choose-transport.ts'

/** Looks at each identity file once, however many hosts name it. */
export function makeIdentityFacts(): (paths: readonly string[]) => Promise<readonly IdentityFacts[]> {
  const seen = new Map<string, Promise<IdentityFacts>>()
  return (paths) =>
    Promise.all(
      paths.map((path) => {
        const facts = seen.get(path) ?? factsOf(path)
        seen.set(path, facts)
        return facts
      }),
    )
}

async function factsOf(path: string): Promise<IdentityFacts> {
  const [certificate, type] = await Promise.all([
    access(`${path}-cert.pub`).then(
      () => true,
      () => false,
    ),
    typeOf(path),
  ])
  return { path, certificate, hardware: type.startsWith('sk-') }
}

/** The type that the `.pub` beside it names, or else the public half within OpenSSH's own format (PROTOCOL.key). */
async function typeOf(path: string): Promise<string> {
  const beside = await readFile(`${path}.pub`, 'utf8').catch(() => '')
  if (beside !== '') return beside.trimStart().split(/\s/)[0] ?? ''
  const text = await readFile(path, 'utf8').catch(() => '')
  const own = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)
  const bytes = Buffer.from(own?.[1] ?? '', 'base64')
  return /sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com/.exec(bytes.toString('latin1'))?.[0] ?? ''
}
