// Stands where the command line stands and does all that a rehearsal must notice. It reaches the hosts by the inventory.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const [verb = '', ...words] = process.argv.slice(2)
const state = process.env.XDG_STATE_HOME ?? ''
const put = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

await mkdir(state, { recursive: true })
if (verb === 'plan' || verb === 'run') {
  await writeFile(join(state, 'inventory'), words[words.indexOf('-i') + 1] ?? '')
}
const inventory = readFileSync(await readFile(join(state, 'inventory'), 'utf8'), 'utf8')
const port = /port: (\d+)/.exec(inventory)?.[1] ?? ''
const identity = /"identity":"([^"]+)"/.exec(inventory)?.[1] ?? ''
const knownHosts = /"knownHosts":"([^"]+)"/.exec(inventory)?.[1] ?? ''

const on = (script: string) =>
  execFileSync('ssh', [
    ...[
      '-F',
      'none',
      '-i',
      identity,
      '-p',
      port,
      '-o',
      `UserKnownHostsFile=${knownHosts}`,
      'operator@127.0.0.1',
      script,
    ],
  ])

const row = { run: 'r1', at: 0, host: 'rb-01' }
const reboots = { step: 'the-boot', act: 'apply', attempt: 1, milliseconds: 0, result: { outcome: 'changed' } }
put({ ...row, type: 'run', seq: 1 })
if (verb === 'plan') on('touch /var/tmp/left-by-the-plan')
if (verb === 'run') {
  on(`echo ${Math.random()} | sudo tee /etc/changed-by-every-run`)
  const steps = [
    { step: 'the-file', kind: 'step', state: 'needed' },
    { step: 'the-boot', kind: 'reboot', state: 'needed' },
  ]
  put({ ...row, type: 'planned', seq: 2, plan: { steps } })
  put({ ...row, type: 'intent', seq: 3, step: 'the-file' })
  put({ ...row, type: 'intent', seq: 4, step: 'the-boot' })
  process.stdout.write('a line that is no JSON\n')
}
if (verb !== 'plan') put({ ...row, ...reboots, type: 'outcome', seq: 5 })
put({ type: 'report', run: 'r1', exitCode: 0, hosts: [{ host: 'rb-01', result: 'changed', text: '', steps: [] }] })
