/**
 * A bare program over ssh2: the same script on every host, fifty connections at a time.
 * `node bench/task/floor.ts FILE`; the file holds { hosts: [port], key, script }.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import ssh2 from 'ssh2'

const CONNECTIONS = 50

const { ports, key, script } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as {
  ports: number[]
  key: string
  script: string
}
const privateKey = readFileSync(key)

const visitNext = async (): Promise<void> => {
  for (let port = ports.shift(); port !== undefined; port = ports.shift()) await visit(port)
}
await Promise.all(Array.from({ length: CONNECTIONS }, visitNext))

function visit(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    const sock = connect({ host: '127.0.0.1', port, noDelay: true })
    client.on('error', reject)
    client.on('ready', () =>
      client.exec('/bin/sh', (error, channel) => {
        if (error) return reject(error)
        let said = ''
        channel.stderr.on('data', (chunk) => {
          said += chunk
        })
        channel.resume()
        channel.on('exit', (code: number) => {
          client.end()
          if (code === 0) resolve()
          else reject(new Error(`the script exited ${code} on port ${port}: ${said}`))
        })
        channel.end(script)
      }),
    )
    client.connect({
      sock,
      username: 'root',
      privateKey,
      hostVerifier: () => true,
      algorithms: { kex: ['curve25519-sha256'], cipher: ['aes128-gcm@openssh.com'] },
    })
  })
}
