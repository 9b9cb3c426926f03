/**
 * What inventories cost: `node bench/inventory.ts [HOSTS...]`, by default 10,000 and 100,000 hosts in every form.
 * A process for each, so that no form pays for the memory of another. Times are of the processor, with what starting costs.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadInventory } from '../src/inventory/find-inventory.ts'
import { selectHosts } from '../src/inventory/host-pattern.ts'

const PATTERN = 'compute:&rack-7*:!hv-000*,~hv-0[0-9]*5$'

const number = (index: number): string => String(index).padStart(6, '0')
const hosts = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)
const address = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
const racks = (count: number): readonly number[] => hosts(Math.ceil(count / 40))

const forms: Readonly<Record<string, (count: number) => Readonly<Record<string, string>>>> = {
  'own form, a line for each host': (count) => ({
    'prod.yaml': `hosts:\n${hosts(count)
      .map((one) => `  hv-${number(one)}: { address: ${address(one)} }\n`)
      .join(
        '',
      )}groups:\n  compute: { hosts: ['hv-[${number(0)}-${number(count - 1)}]'], vars: { count1g: 80 } }\n${racks(count)
      .map(
        (rack) =>
          `  rack-${rack}: { hosts: ['hv-[${number(rack * 40)}-${number(Math.min(count, rack * 40 + 40) - 1)}]'] }\n`,
      )
      .join('')}`,
  }),
  'INI, a line for each host, racks of 40': (count) => ({
    'prod.ini': racks(count)
      .map(
        (rack) =>
          `[rack-${rack}]\n${hosts(40)
            .map((one) => rack * 40 + one)
            .filter((one) => one < count)
            .map((one) => `hv-${number(one)} ansible_host=${address(one)} slot=${one % 40}\n`)
            .join('')}`,
      )
      .concat(
        '[compute:children]\n',
        racks(count).map((rack) => `rack-${rack}\n`),
        '[compute:vars]\ncount1g=80\n',
      )
      .join(''),
  }),
  'YAML, two variables for each host': (count) => ({
    'prod.yml': `all:\n  children:\n    compute:\n      vars: { count1g: 80 }\n      children:\n${racks(count)
      .map(
        (rack) =>
          `        rack-${rack}:\n          hosts:\n${hosts(40)
            .map((one) => rack * 40 + one)
            .filter((one) => one < count)
            .map(
              (one) =>
                `            hv-${number(one)}:\n              ansible_host: ${address(one)}\n              slot: ${one % 40}\n`,
            )
            .join('')}`,
      )
      .join('')}`,
  }),
  'a program with _meta': (count) => ({
    'prod.sh': `#!/bin/sh\ncat <<'JSON'\n${JSON.stringify({
      _meta: {
        hostvars: Object.fromEntries(hosts(count).map((one) => [`hv-${number(one)}`, { ansible_host: address(one) }])),
      },
      compute: { hosts: hosts(count).map((one) => `hv-${number(one)}`), vars: { count1g: 80 } },
      ...Object.fromEntries(
        racks(count).map((rack) => [
          `rack-${rack}`,
          hosts(40)
            .map((one) => rack * 40 + one)
            .filter((one) => one < count)
            .map((one) => `hv-${number(one)}`),
        ]),
      ),
    })}\nJSON\n`,
  }),
  'INI, a file in host_vars for each host': (count) => ({
    'prod.ini': `[compute]\nhv-[${number(0)}:${number(count - 1)}]\n${racks(count)
      .map((rack) => `[rack-${rack}]\nhv-[${number(rack * 40)}:${number(Math.min(count, rack * 40 + 40) - 1)}]\n`)
      .join('')}`,
    ...Object.fromEntries(hosts(count).map((one) => [`host_vars/hv-${number(one)}.yml`, `slot: ${one}\n`])),
  }),
}

const [path, folder] = process.argv.slice(2)
if (path?.startsWith('/')) await measure(path, folder ?? '/')
else await table(process.argv.slice(2).map(Number))

async function table(counts: readonly number[]): Promise<void> {
  process.stdout.write(
    `${'form'.padEnd(42)}${'hosts'.padStart(9)}${'parse'.padStart(9)}${'limit'.padStart(9)}${'memory'.padStart(9)}\n`,
  )
  for (const count of counts.length > 0 ? counts : [10_000, 100_000]) {
    for (const [form, files] of Object.entries(forms)) {
      const project = mkdtempSync(join(tmpdir(), 'runbook-bench-'))
      try {
        const made = files(count)
        for (const [name, text] of Object.entries(made)) {
          mkdirSync(join(project, name, '..'), { recursive: true })
          writeFileSync(join(project, name), text, { mode: 0o755 })
        }
        const [main = ''] = Object.keys(made)
        const words = [import.meta.filename, join(project, main), project]
        const [parse = 0, limit = 0, memory = 0, found = 0] = JSON.parse(
          execFileSync(process.execPath, words, { encoding: 'utf8' }),
        )
        const cells = [String(found), `${parse.toFixed(2)} s`, `${limit.toFixed(2)} s`, `${memory} MB`]
        process.stdout.write(`${form.padEnd(42)}${cells.map((cell) => cell.padStart(9)).join('')}\n`)
      } finally {
        rmSync(project, { recursive: true, force: true })
      }
    }
  }
}

async function measure(path: string, project: string): Promise<void> {
  const seconds = (): number => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000_000
  }
  const before = seconds()
  const inventory = await loadInventory(path, project)
  const parsed = seconds()
  selectHosts(inventory, PATTERN)
  const memory = Math.round(process.memoryUsage().rss / 1_000_000)
  process.stdout.write(JSON.stringify([parsed - before, seconds() - parsed, memory, inventory.hosts.size]))
}
