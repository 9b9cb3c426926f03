import { defineRunbook, gate, needed, satisfied, sh, step } from 'runbook'
import { z } from 'zod'
import { FILES, type FileWish, FOLDER, LINES, type LineWish, UNIT, withLine } from './ten-steps.ts'

const idOf = (path: string): string => path.slice(1).replaceAll('/', '-')

const folderMade = step<null>({
  id: 'folder-made',
  async check(host) {
    const { exitCode } = await host.look`test -d ${FOLDER}`
    return exitCode === 0 ? satisfied('it is there') : needed(`make ${FOLDER}`, null)
  },
  apply: (host) => host.run(sh`mkdir -m 755 ${FOLDER}`),
  rollback: (host) => host.run(sh`rmdir ${FOLDER}`),
})

const kernelKnown = gate({
  id: 'kernel-known',
  async check(host) {
    const { stdout } = await host.look`uname -r`
    return satisfied(stdout.trim())
  },
})

const processorsKnown = gate({
  id: 'processors-known',
  async check(host) {
    const { stdout } = await host.look`nproc`
    return satisfied(stdout.trim())
  },
})

const lineWritten = (wish: LineWish) =>
  step<{ before: string }>({
    id: `line-in-${idOf(wish.path)}`,
    async check(host) {
      const file = await host.read(wish.path)
      const text = withLine(file.text, wish)
      if (text === file.text) return satisfied('the line is there')
      return needed(`write the line ${wish.line}`, { before: file.fingerprint }, { diff: [file.text, text] })
    },
    async apply(host, { before }) {
      const { text } = await host.read(wish.path)
      await host.write(wish.path, withLine(text, wish), { replacing: before })
    },
    rollback: (host, { before }) => host.restore(wish.path, before),
  })

const fileWritten = ({ path, text }: FileWish) =>
  step<{ before: string }>({
    id: `file-${idOf(path)}`,
    async check(host) {
      const file = await host.read(path)
      if (file.text === text) return satisfied('it is as wished')
      return needed(`write ${path}`, { before: file.fingerprint }, { diff: [file.text, text] })
    },
    apply: (host, { before }) => host.write(path, text, { replacing: before }),
    rollback: (host, { before }) => host.restore(path, before),
  })

export default defineRunbook({
  name: 'tune',
  summary: 'Ten steps of tuning, as they are measured beside others',
  hosts: 'all',
  params: z.object({}),
  steps: () => [
    folderMade,
    kernelKnown,
    processorsKnown,
    ...LINES.map(lineWritten),
    ...FILES.map(fileWritten),
    fileWritten(UNIT),
  ],
})
