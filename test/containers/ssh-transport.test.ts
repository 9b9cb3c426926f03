import { upHosts } from '../../src/rehearsal/container-hosts.ts'
import { HOST_USER } from '../../src/rehearsal/hosts/host-model.ts'
import { createSshTransport } from '../../src/transport/transport.ts'
import { transportConformance } from '../transport/conformance/transport-conformance.ts'

// The same promises as on a private sshd, on a whole system: real systemd, a login user, root through sudo.
transportConformance('a test host', async () => {
  const set = await upHosts({ count: 1, say: () => {}, mayInstall: async () => true })
  const [machine] = set.hosts
  if (!machine) throw new Error('no test host is up')
  const host = {
    name: machine.name,
    connection: {
      address: '127.0.0.1',
      port: machine.port,
      user: HOST_USER,
      identityFiles: [set.identity],
      knownHosts: [set.knownHosts],
      hostKeys: { kind: 'strict' },
      become: 'sudo',
    },
  } as const
  const transport = createSshTransport({
    reveal: () => {
      throw new Error('no secret was named')
    },
  })
  return {
    transport,
    host,
    folder: '/etc',
    inside: (command) => machine.inside(command),
    cut: async () => {
      await machine.inside("pkill -KILL -f '^sshd: operato[r]'")
    },
    put: async (path, text) => {
      await machine.inside(`umask 022; cat >${path}`, text)
    },
    textOf: async (path) => {
      const { exitCode, stdout } = await machine.inside(`cat ${path}`)
      return exitCode === 0 ? stdout : null
    },
    async down() {
      await transport.close()
      await set.down()
    },
  }
})
