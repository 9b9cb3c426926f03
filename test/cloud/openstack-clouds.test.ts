import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openstackClouds } from '../../src/cloud/openstack-clouds.ts'
import { askingOpenstack } from '../../src/cloud/openstack-command.ts'
import { Interrupted } from '../../src/model/errors.ts'
import { type FakeCloud, fakeCloud } from '../../src/testing.ts'
import { PASSWORD, type StandInApi, standInApi } from './stand-in-api.ts'

const [WEB, DB] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
const open: StandInApi[] = []
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-cloud-'))
})

afterAll(async () => {
  await Promise.all(open.map((api) => api.close()))
  await rm(folder, { recursive: true })
})

async function behindHttp(cloud: FakeCloud) {
  const api = await standInApi(cloud)
  open.push(api)
  const hidden: string[] = []
  const environment = { PATH: env.PATH, HOME: folder, ...api.environment }
  const clouds = openstackClouds({ environment, hide: (variable) => hidden.push(variable) })
  return { api, environment, hidden, cloud, envvars: clouds('envvars') }
}

const oneHost = () =>
  fakeCloud({
    services: [{ host: 'hv-01.example' }, { host: 'hv-02', status: 'disabled', reason: 'bad disk', state: 'down' }],
    servers: [
      { name: 'web 1', host: 'hv-01.example' },
      { name: 'db', host: 'hv-01.example', status: 'ERROR', fault: 'it\'s "broken"' },
    ],
  })

// The real program takes a second of a processor for each question.
describe.concurrent('a cloud over the real openstack program', { timeout: 180_000 }, () => {
  it('shows compute services with state, status and reason', async () => {
    const { envvars, hidden } = await behindHttp(oneHost())

    const services = await envvars.computeServices()

    expect(services).toEqual([
      { host: 'hv-01.example', status: 'enabled', state: 'up', reason: null },
      { host: 'hv-02', status: 'disabled', state: 'down', reason: 'bad disk' },
    ])
    expect(hidden).toEqual(['OS_PASSWORD'])
  })

  it('shows the servers of a host and why one is in ERROR', async () => {
    const { envvars } = await behindHttp(oneHost())

    const servers = await envvars.servers('hv-01.example')
    const one = await envvars.server(DB)

    expect(servers.map(({ name, status, task }) => [name, status, task])).toEqual([
      ['web 1', 'ACTIVE', null],
      ['db', 'ERROR', null],
    ])
    expect(one).toEqual({ ...servers[1], fault: 'it\'s "broken"' })
  })

  it('disables and enables a service, with a reason that a shell would read', async () => {
    const { envvars, cloud } = await behindHttp(oneHost())
    const reason = 'runbook 7f3k2 $(id) "it\'s"'

    await envvars.disable('hv-01.example', reason)
    const between = cloud.services.get('hv-01.example')
    await envvars.enable('hv-01.example')

    expect(between).toMatchObject({ status: 'disabled', reason })
    expect(cloud.services.get('hv-01.example')).toMatchObject({ status: 'enabled', reason: null })
  })

  it('moves servers alive, and off with a confirmation', async () => {
    const { envvars, cloud } = await behindHttp(
      fakeCloud({
        servers: [
          { name: 'web', host: 'hv-01' },
          { name: 'old', host: 'hv-01' },
        ],
      }),
    )

    await envvars.liveMigrate(WEB)
    await envvars.coldMigrate(DB)
    for (const _look of [1, 2]) await cloud.port('').servers('hv-01')
    await envvars.confirmMove(DB)

    expect(cloud.changes).toEqual(['live-migrate web', 'migrate old', 'confirm old'])
    expect([...cloud.servers.values()].map(({ host, status }) => [host, status])).toEqual([
      ['elsewhere', 'ACTIVE'],
      ['elsewhere', 'ACTIVE'],
    ])
  })

  it('shows a network, gives it an MTU, and says in its own words what neutron refuses', async () => {
    const { envvars, cloud } = await behindHttp(
      fakeCloud({
        networks: [
          { id: WEB, name: 'web' },
          { id: DB, name: 'db', ipv6: true },
        ],
      }),
    )

    const shown = await Promise.all([envvars.network(WEB), envvars.network(DB)])
    await envvars.setNetworkMtu(WEB, 1400)
    const refused = envvars.setNetworkMtu(DB, 9000)

    expect(shown).toEqual([
      { id: WEB, name: 'web', mtu: 1450, ipv6: false },
      { id: DB, name: 'db', mtu: 1450, ipv6: true },
    ])
    await expect(refused).rejects.toMatchObject({
      code: 'E_CLOUD_REFUSED',
      message: expect.stringContaining('Requested MTU is too big, maximum is 1450'),
    })
    expect(cloud.changes).toEqual(['set-mtu web 1400'])
  })

  it('says in its own words what nova refuses', async () => {
    const { envvars } = await behindHttp(oneHost())

    await expect(envvars.liveMigrate(DB)).rejects.toMatchObject({
      code: 'E_CLOUD_REFUSED',
      message: 'openstack server migrate: db is ERROR (HTTP 409)',
      exitCode: 1,
    })
  })

  it('tells a refused login from a refused right', async () => {
    const { api, environment, envvars } = await behindHttp(oneHost())
    const stranger = openstackClouds({ environment: { ...environment, OS_PASSWORD: 'wrong' }, hide: () => {} })
    api.nova = 403

    const errors = await Promise.all([
      stranger('envvars').computeServices().catch(String),
      envvars.computeServices().catch((error) => `${error.code} ${error.message}`),
      envvars.servers('hv-01').catch((error) => `${error.code} ${error.message}`),
    ])

    expect(errors).toEqual([
      expect.stringContaining('requires authentication. (HTTP 401)'),
      expect.stringMatching(/^E_CLOUD_AUTH .*: 403: .*Policy doesn't allow/),
      expect.stringMatching(/^E_CLOUD_AUTH .*Policy doesn't allow .*\(HTTP 403\)$/),
    ])
    expect(errors.join()).not.toContain(PASSWORD)
  })

  it('says that nova is too old', async () => {
    const { api, envvars } = await behindHttp(oneHost())
    api.newest = '2.12'

    await Promise.all([
      expect(envvars.computeServices()).rejects.toThrow('only supports a minimum of 2.1 and a maximum of 2.12'),
      expect(envvars.servers('hv-01')).rejects.toMatchObject({
        code: 'E_CLOUD_VERSION',
        message: expect.stringContaining('Minimum is 2.1 and maximum is 2.12'),
      }),
    ])
  })

  it('says that nobody answers', async () => {
    const { environment } = await behindHttp(oneHost())
    const closed = { ...environment, OS_AUTH_URL: 'http://127.0.0.1:1/v3' }

    const asking = openstackClouds({ environment: closed, hide: () => {} })('envvars').computeServices()

    await expect(asking).rejects.toMatchObject({
      code: 'E_CLOUD_FAILED',
      message: expect.stringContaining('Unable to establish connection'),
    })
  })

  it('takes a named cloud from clouds.yaml, whatever OS_* variables say of another', async () => {
    const { api } = await behindHttp(oneHost())
    const auth = Object.entries(api.environment).map(([name, value]) => [name.slice(3).toLowerCase(), value])
    const file = join(folder, 'clouds.yaml')
    const { region_name, ...credentials } = Object.fromEntries(auth)
    await writeFile(file, JSON.stringify({ clouds: { prod: { auth: credentials, region_name } } }), { mode: 0o600 })
    const foreign = { OS_AUTH_URL: 'http://127.0.0.1:1/v3', OS_USERNAME: 'eve', OS_PASSWORD: 'x', OS_CLOUD: 'dev' }
    const environment = { PATH: env.PATH, HOME: folder, OS_CLIENT_CONFIG_FILE: file, ...foreign }
    const clouds = openstackClouds({ environment, hide: () => {} })

    const services = await clouds('prod').computeServices()
    const unknown = await clouds('prd')
      .computeServices()
      .catch(({ code, message }) => [code, message])

    expect(services).toHaveLength(2)
    expect(unknown).toEqual(['E_CLOUD_FAILED', 'openstack compute service list: Cloud prd was not found.'])
  })

  it('gives those who ask for services at the same time one answer, and those later another', async () => {
    const { api, envvars } = await behindHttp(oneHost())
    const asked = () => api.requests.filter((request) => request.includes('os-services')).length

    await Promise.all(Array.from({ length: 20 }, () => envvars.computeServices()))
    const together = asked()
    await envvars.computeServices()

    expect([together, asked()]).toEqual([1, 2])
  })

  it('gives up a question without an answer, and one that the operator ends', async () => {
    const { api, environment } = await behindHttp(oneHost())
    api.nova = 'silent'
    const words = ['compute', 'service', 'list', '-f', 'json']
    const end = new AbortController()

    const late = askingOpenstack({ environment, limit: '3s' }).json(words)
    const ended = askingOpenstack({ environment, signal: end.signal }).json(words)
    setTimeout(() => end.abort(), 500)

    await expect(ended).rejects.toBeInstanceOf(Interrupted)
    await expect(late).rejects.toMatchObject({
      code: 'E_CLOUD_TIMED_OUT',
      message: 'openstack compute service list did not end within 3s',
    })
  })
})

describe('a program that is not as it should be', () => {
  async function standIn(script: string) {
    const bin = await mkdtemp(join(folder, 'bin-'))
    await writeFile(join(bin, 'openstack'), `#!/bin/sh\n${script}\n`)
    await chmod(join(bin, 'openstack'), 0o755)
    return openstackClouds({ environment: { PATH: `${bin}:/usr/bin:/bin` }, hide: () => {} })('envvars')
  }

  it('is missing', async () => {
    const cloud = openstackClouds({ environment: { PATH: folder }, hide: () => {} })('envvars')

    await expect(cloud.computeServices()).rejects.toMatchObject({
      code: 'E_CLOUD_CLI',
      remedy: expect.stringContaining('python3-openstackclient'),
    })
  })

  it.each([
    ['prints no JSON', 'echo hello', 'E_CLOUD_ANSWER', 'did not print JSON'],
    ['prints other JSON', 'echo \'[{"Host": 1}]\'', 'E_CLOUD_ANSWER', 'lacks Status'],
    ['prints without end', 'exec yes', 'E_CLOUD_ANSWER', 'printed more than 16 MiB'],
    ['dies', 'kill -9 $$', 'E_CLOUD_FAILED', 'exit null'],
  ])('%s', async (_, script, code, text) => {
    const cloud = await standIn(script)

    const asking = cloud.computeServices()

    await expect(asking).rejects.toMatchObject({ code, message: expect.stringContaining(text) })
  })

  it('prints the fault of a server as Python would', async () => {
    const fault = `{'code': 500, 'message': 'No valid host', 'created': ''}`
    const cloud = await standIn(
      `echo ${JSON.stringify(JSON.stringify({ id: 'x', name: 'n', status: 'ERROR', fault }))}`,
    )

    expect(await cloud.server('x')).toMatchObject({ status: 'ERROR', fault: 'No valid host', host: null, task: null })
  })
})
