import type { TransportName } from '../../../src/model/inventory.ts'
import { createSshTransport } from '../../../src/transport/transport.ts'
import type { RealSite } from '../conformance/real-line.ts'
import { type PrivateSshdOptions, startPrivateSshd } from './private-sshd.ts'

/** A host behind a real sshd, reached by ssh2 unless `transport` says otherwise. */
export async function realHost({
  transport: speaker = 'ssh2',
  ...options
}: PrivateSshdOptions & { readonly transport?: TransportName } = {}): Promise<RealSite & { readonly scratch: string }> {
  const sshd = await startPrivateSshd(options)
  const reveal = () => {
    throw new Error('no secret was named')
  }
  const transport = createSshTransport({ reveal })
  return {
    transport,
    host: { name: 'hv-01', connection: { ...sshd.connection, transport: speaker } },
    folder: '/etc',
    scratch: sshd.folder,
    inside: sshd.inside,
    cut: sshd.cut,
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
}
