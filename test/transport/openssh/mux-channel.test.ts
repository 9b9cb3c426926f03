import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tryMuxChannel } from '../../../src/transport/openssh/mux-channel.ts'
import { makeSsh } from '../../../src/transport/openssh/start-ssh.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runbook-mux-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test.each(['doas: ', 'Password:\n', ''])('a channel is open although its command said %j first', async (first) => {
  const said = `OpenSSH_9.2p1\ndebug1: Sending command: x\n${first}debug1: mux_client_request_session: master session id: 2\n`
  writeFileSync(join(folder, 'said'), said)
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\ncat ${folder}/said >&2\nread -r line\n`, { mode: 0o755 })

  const opened = await tryMuxChannel(makeSsh({ PATH: `${folder}:/usr/bin:/bin` }), join(folder, 'socket'), 'doas sh')

  if (opened.kind !== 'open') throw new Error(`it is ${opened.kind}`, { cause: opened })
  const heard = new Promise((resolve) => opened.channel.stderr.once('data', (bytes: Buffer) => resolve(String(bytes))))
  expect(first === '' ? '' : await heard).toBe(first)
  opened.channel.close()
})
