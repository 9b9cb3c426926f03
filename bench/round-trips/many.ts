import { defineRunbook, needed, satisfied, sh, step } from 'runbook'
import { z } from 'zod'

const FOLDER = '/etc/bench.d'

const asWished = (number: number) =>
  step({
    id: `as-wished-${number}`,
    async check(host) {
      const { exitCode } = await host.look`test -e /etc/passwd && test ${number} -gt 0`
      return exitCode === 0 ? satisfied('it is there') : needed('make it', null)
    },
    apply: async () => {},
  })

const folderMade = step({
  id: 'folder-made',
  async check(host) {
    const { exitCode } = await host.look`test -d ${FOLDER}`
    return exitCode === 0 ? satisfied('it is there') : needed(`make ${FOLDER}`, null)
  },
  apply: (host) => host.run(sh`mkdir ${FOLDER}`),
})

export default defineRunbook<{ count: number }>({
  name: 'many',
  summary: 'So many steps, of which the last is one command',
  hosts: 'all',
  params: z.object({ count: z.number().int().min(1) }),
  steps: ({ count }) => [...Array.from({ length: count - 1 }, (_, index) => asWished(index + 1)), folderMade],
})
