import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { readByType } from '../../src/commands/parameters/read-by-type.ts'
import { resolveParameters } from '../../src/commands/parameters.ts'
import { UsageError } from '../../src/model/errors.ts'
import type { Host } from '../../src/model/inventory.ts'
import type { Json } from '../../src/model/json.ts'
import { defineRunbook, type Runbook } from '../../src/model/runbook.ts'
import { secretParameter } from '../../src/model/secret.ts'

const RUNBOOK = defineRunbook({
  name: 'tuned',
  summary: '',
  hosts: 'all',
  params: z.object({
    count: z.union([z.number().int().min(0), z.record(z.string(), z.number())]).default(80),
    size: z.enum(['1G', '2M']).default('1G'),
    force: z.boolean().default(false),
    label: z.string().optional(),
  }),
  steps: () => [],
}) as Runbook

const host = (name: string, vars: Readonly<Record<string, Json>> = {}, from = `host ${name}`): Host => ({
  name,
  groups: ['all'],
  connection: {
    address: '192.0.2.1',
    port: 22,
    user: 'root',
    identityFiles: [],
    knownHosts: [],
    hostKeys: { kind: 'strict' },
    become: 'none',
  },
  vars,
  origins: Object.fromEntries(Object.keys(vars).map((key) => [key, from])),
  overrides: {},
  unresolved: {},
  obstacles: [],
})

const resolve = (hosts: readonly Host[], set: readonly string[] = [], values: Readonly<Record<string, Json>> = {}) =>
  resolveParameters(RUNBOOK, hosts, { set, files: [{ file: 'vars.yaml', values }] })

const faultsOf = async (attempt: Promise<unknown>): Promise<readonly string[]> => {
  const error: unknown = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof UsageError)) throw new TypeError(`expected a UsageError, got ${String(error)}`)
  return error.faults
}

describe('a secret parameter', () => {
  const SECRETIVE = defineRunbook({
    ...RUNBOOK,
    params: z.object({ token: secretParameter(z.string()) }),
    steps: () => [],
  }) as Runbook
  const resolveIt = (token: string) => resolveParameters(SECRETIVE, [host('a')], { set: [`token=${token}`], files: [] })

  it.each(['env:TOKEN', 'file:/etc/token', 'prompt:token', 'command:pass show hv/token', 'age:~/t.age,identity=~/k'])(
    'is the reference %s',
    async (reference) => {
      expect((await resolveIt(reference)).params.get('a')).toEqual({ token: reference })
    },
  )

  it.each(['hunter2', 'env:', 'env:not a name', 'file:relative', 'command:'])(
    'is not %j, and the fault does not repeat it',
    async (text) => {
      const faults = await faultsOf(resolveIt(text))

      expect(faults).toEqual([
        'a: token: it must be a reference such as env:NAME, file:/path, prompt:WORDS or command:pass show NAME; what is set is not repeated here (--set)',
      ])
    },
  )
})

describe('parameters', () => {
  it('come from default, inventory, vars file and command line, the later over the earlier', async () => {
    const hosts = [host('a', { count: 1, size: '2M', force: true })]

    const { params } = await resolve(hosts, ['force=false'], { size: '1G' })

    expect(params.get('a')).toEqual({ count: 1, size: '1G', force: false })
  })

  it('are shared by hosts for which they are equal', async () => {
    const { params } = await resolve([
      host('a', { count: 4 }),
      host('b', { count: 5 }),
      host('c', { count: 4 }, 'host a'),
    ])

    expect(params.get('a')).toEqual({ count: 4, size: '1G', force: false })
    expect(params.get('b')).toEqual({ count: 5, size: '1G', force: false })
  })

  it('leave variables for other runbooks alone', async () => {
    const { params, warnings } = await resolve([host('a', { ntp_servers: ['192.0.2.9'] })])

    expect(params.get('a')).toEqual({ count: 80, size: '1G', force: false })
    expect(warnings).toEqual([])
  })

  it('report all faults of all hosts together, each once', async () => {
    const hosts = [
      host('hv-01', { size: '4K' }, 'group all'),
      host('hv-02', { size: '4K' }, 'group all'),
      host('hv-03', { count: -1 }),
    ]

    const faults = await faultsOf(resolve(hosts, ['force=yes']))

    expect(faults).toEqual([
      'hv-01, hv-02: size: expected one of "1G"|"2M"; it is "4K" (group all)',
      'hv-[01-03]: force: expected boolean; it is "yes" (--set)',
      'hv-03: count: expected number to be >=0; it is -1 (host hv-03)',
    ])
  })

  it('refuse names that the runbook does not have, with what was probably meant', async () => {
    const faults = await faultsOf(resolve([host('a')], ['cuont=4', 'zone=b', 'nothing'], { szie: '1G' }))

    expect(faults).toEqual([
      'vars.yaml: tuned has no parameter "szie". Did you mean "size"?',
      '--set cuont: tuned has no parameter "cuont". Did you mean "count"?',
      '--set zone: tuned has no parameter "zone". It has count, size, force, label.',
      '--set "nothing": write it as key=value',
    ])
  })

  it('warn of a variable in the inventory that is nearly one', async () => {
    const { warnings } = await resolve([
      host('hv-01', { cuont: 4 }, 'group all'),
      host('hv-02', { cuont: 4 }, 'group all'),
    ])

    expect(warnings).toEqual(['hv-01, hv-02: group all sets "cuont", which this runbook does not have; it has "count"'])
  })
})

describe('a word of the command line', () => {
  it.each<readonly [string, Parameters<typeof readByType>[1], Json]>([
    ['80', { type: 'integer' }, 80],
    ['0123', { type: 'integer' }, '0123'],
    ['80', { type: 'string' }, '80'],
    ['no', { type: 'boolean' }, 'no'],
    ['true', { type: 'boolean' }, true],
    ['true', { type: 'string' }, 'true'],
    ['a=b=c', { type: 'string' }, 'a=b=c'],
    ['{"0":4}', { anyOf: [{ type: 'integer' }, { type: 'object' }] }, { '0': 4 }],
    ['8G', { anyOf: [{ type: 'integer' }, { type: 'string' }] }, '8G'],
    ['[1,2]', { type: 'array' }, [1, 2]],
    ['eth0', { type: 'array', items: { type: 'string' } }, ['eth0']],
    ['1, 2', { type: 'array', items: { type: 'integer' } }, [1, 2]],
    ['eth0,eth1', { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'object' }] }, ['eth0', 'eth1']],
    ['pci=0:1=2', { anyOf: [{ type: 'array' }, { type: 'object' }] }, { pci: '0:1=2' }],
    ['0=4,1=2', { type: 'object', additionalProperties: { type: 'integer' } }, { '0': 4, '1': 2 }],
    ['file', { type: 'object' }, 'file'],
    ['[1,', { type: 'array' }, '[1,'],
    ['null', { anyOf: [{ type: 'string' }, { type: 'null' }] }, null],
    ['2', { enum: [1, 2] }, 2],
    ['2', { enum: ['1', '2'] }, '2'],
    ['{"a":1}', {}, { a: 1 }],
    ['plain', {}, 'plain'],
  ])('%s as %j is %j', (word, type, expected) => {
    const value = readByType(word, type)

    expect(value).toEqual(expected)
  })
})
