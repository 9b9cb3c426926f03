import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ComputeService } from '../../../src/model/cloud.ts'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { type FakeCloud, fakeCloud } from '../../../src/testing.ts'
import { PASSWORD, type StandInApi, standInApi } from '../../cloud/stand-in-api.ts'
import { cleanUp, everythingSaid, type Laptop, laptop, oneLine, temporaryFolder } from '../command-line.ts'

const WEB = { name: 'web', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f' }
const DB = { name: 'db', uuid: 'c7a5fdbd-edaf-9455-926a-d65c16db1809' }
const SMALL = ['-e', 'count1g=4', '-e', 'count2m=64', '-e', 'drain=migrate', '-e', 'cloud=envvars']

/** One host, the real openstack program on this machine, and a cloud behind a stand-in for Keystone and nova. */
describe('hugepages-1g on a host of a cloud', () => {
  let set: ContainerSet
  let host: ContainerHost
  let cloud: FakeCloud
  let api: StandInApi
  let mine: Laptop
  let computeHost: string
  const service = (): ComputeService | undefined => cloud.services.get(computeHost)
  const guests = async () =>
    (await host.inside('virsh -r list --uuid')).stdout.split('\n').filter((line) => line !== '')

  beforeAll(async () => {
    set = await upHosts({ count: 1, model: () => ({ guests: [WEB, DB] }), say: () => {}, mayInstall: async () => true })
    host = set.hosts[0]!
    computeHost = (await host.inside('uname -n')).stdout.trim()
    cloud = fakeCloud({
      services: [{ host: computeHost }],
      servers: [WEB, DB].map(({ name, uuid }) => ({ name, id: uuid, host: computeHost })),
      onMoved: ({ id }) => void host.inside(`virsh destroy ${id} && virsh undefine ${id}`),
    })
    api = await standInApi(cloud)
    mine = await laptop(undefined, { more: api.environment })
  })

  afterAll(async () => {
    await api?.close()
    await set?.down()
    await cleanUp()
  })

  it('is blocked by a cloud that fails, and what that says of the password is shown and stored nowhere', async () => {
    const bin = await temporaryFolder()
    await writeFile(join(bin, 'openstack'), '#!/bin/sh\necho "login with $OS_PASSWORD failed" >&2\nexit 1\n', {
      mode: 0o755,
    })
    const other = await laptop(undefined, { more: { ...api.environment, PATH: `${bin}:/usr/bin:/bin` } })

    const ended = await other.type('run', 'hugepages-1g', '-i', set.inventory, ...SMALL, '--yes')

    const said = await everythingSaid(ended, other)
    expect(oneLine(ended.stdout + ended.stderr)).toContain(
      'E_CLOUD_FAILED: openstack compute service list: login with ‹secret› failed',
    )
    expect(said).not.toContain(PASSWORD)
    expect(await host.counted('boots')).toHaveLength(1)
  })

  let run = ''

  it('owes the enabling when its controller is killed while guests move, with the command that pays it', async () => {
    const going = mine.start('run', 'hugepages-1g', '-i', set.inventory, ...SMALL, '--yes', '--json')
    await going.reaches((row) => row.type === 'intent' && row.step === 'guests-moved-away' && row.act === 'enter')
    while (!cloud.changes.includes('live-migrate web')) await new Promise((resolve) => setTimeout(resolve, 50))
    going.kill()
    const ended = await going.ended
    run = ended.run

    const status = await mine.type('status')

    expect(ended.exitCode).toBeNull()
    expect(service()).toMatchObject({ status: 'disabled', reason: `runbook ${run}` })
    expect(oneLine(status.stdout)).toContain(
      `${host.name} owes: compute-service-disabled is entered and not left yet: the compute service of ${computeHost} is disabled; by hand: openstack --os-cloud envvars compute service set --enable ${computeHost} nova-compute`,
    )
    expect(status.stdout).toContain(`next: runbook resume ${run}`)
    expect(await everythingSaid(ended, mine)).not.toContain(PASSWORD)
  })

  it('moves the rest, restarts and enables when it is resumed; no guest is asked to move twice', async () => {
    const resumed = await mine.type('resume', run, '--yes', '--json')

    expect(resumed.report?.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect([cloud.changes[0], ...cloud.changes.slice(1, -1).toSorted(), cloud.changes.at(-1)]).toEqual([
      `disable ${computeHost} (runbook ${run})`,
      'live-migrate db',
      'live-migrate web',
      `enable ${computeHost}`,
    ])
    expect([...cloud.servers.values()].map((server) => server.host)).toEqual(['elsewhere', 'elsewhere'])
    expect(await guests()).toEqual([])
    expect(await host.counted('boots')).toHaveLength(2)
    expect(service()?.status).toBe('enabled')
    expect(await everythingSaid(resumed, mine)).not.toContain(PASSWORD)
  })

  it('leaves a service disabled that others disabled, and says so, also on the way back', async () => {
    const bad: ComputeService = { host: computeHost, status: 'disabled', state: 'up', reason: 'bad disk' }
    cloud.services.set(computeHost, bad)

    const back = await mine.type('rollback', run, '--reboot', '--yes')

    expect(back.exitCode, back.stderr).toBe(0)
    expect(oneLine(back.stdout)).toContain(
      `W_STAYS_DISABLED: the compute service of ${computeHost} was disabled by others`,
    )
    expect(await host.counted('boots')).toHaveLength(3)
    expect(service()).toEqual(bad)
  })
})
