import { createSshTransport } from '../../../src/transport/transport.ts'

/** A process that opens a line and keeps it until it is killed: FOLDER, PATH and the connection as words. */
const [runtimeFolder = '', path = '', connection = ''] = process.argv.slice(2)
const transport = createSshTransport({
  reveal: () => {
    throw new Error('no secret was named')
  },
  runtimeFolder,
  environment: { PATH: path },
})
const line = await transport.open({ name: 'hv-01', connection: JSON.parse(connection) }, { deadline: '20s' })
await line.look('true', { limit: '5s' })
process.stdout.write('open\n')
setInterval(() => {}, 60_000)
