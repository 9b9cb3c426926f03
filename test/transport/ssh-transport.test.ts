import { createSshTransport } from '../../src/transport/transport.ts'
import { guardConformance } from './guard-conformance.ts'
import { startPrivateSshd } from './private-sshd.ts'

for (const shell of ['dash', 'bash', 'busybox'] as const) {
  guardConformance(`a real host with ${shell}`, async () => {
    const sshd = await startPrivateSshd({ shell })
    const transport = createSshTransport({
      reveal: () => {
        throw new Error('no secret')
      },
    })
    return {
      transport,
      host: { name: 'hv-01', connection: sshd.connection },
      folder: '/etc',
      put: async (path, text) => {
        await sshd.inside(`umask 022; printf %s '${text}' >${path}`)
      },
      textOf: async (path) => {
        const { exitCode, stdout } = await sshd.inside(`cat ${path}`)
        return exitCode === 0 ? stdout : null
      },
      async down() {
        await transport.close()
        await sshd.down()
      },
    }
  })
}
