import { request } from 'node:http'

/** The daemon said no. */
class DockerError extends Error {
  readonly status: number
  constructor(status: number, text: string) {
    super(`Docker answered ${status} to ${text}`)
    this.status = status
  }
}

/** Is this the daemon's word that the same is already under way? */
export const isConflict = (error: unknown): boolean => error instanceof DockerError && error.status === 409

/** A question to a Docker daemon over its socket: the parsed answer, or undefined for "not found". */
export function dockerApi<Result>(
  socket: string,
  path: string,
  { method = 'GET', deadlineSeconds = 10 }: { method?: 'GET' | 'DELETE' | 'POST'; deadlineSeconds?: number } = {},
): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(deadlineSeconds * 1_000)
    const late = () => new Error(`Docker did not answer ${method} ${path} within ${deadlineSeconds}s`)
    const asked = request({ socketPath: socket, path: `/v1.41${path}`, method, signal }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', (error) => reject(signal.aborted ? late() : error))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const status = response.statusCode ?? 0
        if (status === 404) return resolve(undefined)
        if (status >= 400) return reject(new DockerError(status, `${method} ${path}: ${text.trim()}`))
        resolve((text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text) as Result)
      })
    })
    asked.on('error', (error) => reject(signal.aborted ? late() : error))
    asked.end()
  })
}

/** Does a daemon answer on this socket? */
export async function dockerAnswers(socket: string): Promise<boolean> {
  return dockerApi(socket, '/_ping', { deadlineSeconds: 3 }).then(
    (answer) => answer === 'OK',
    () => false,
  )
}
