import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cleanUp } from '../command-line.ts'
import { COMPUTE_CONF, NOVA_CONF, type NovaHost, outcomeOf, refusalIn, upNovaHost } from './nova-host.ts'

const SAFE = 'modes={"file":"none","block":"none"}'
const NOTHING_TO_DO = 'satisfied'

describe('disk-cachemodes on a host', () => {
  let nova: NovaHost
  let packaged: { readonly conf: string; readonly compute: string }
  /** What nova-compute found in its files when it was last started, by oslo.config's own parser. */
  const usedByNova = async () => (await nova.host.counted('nova-compute')).at(-1)

  beforeAll(async () => {
    nova = await upNovaHost()
    packaged = { conf: await nova.read(NOVA_CONF), compute: await nova.read(COMPUTE_CONF) }
  })

  afterAll(async () => {
    await nova?.set.down()
    await cleanUp()
  })

  it("puts one line below the commented sample of Debian's nova.conf and keeps every other byte", async () => {
    const run = await nova.run('disk-cachemodes', 'restart=false')

    const sample = '\n#disk_cachemodes =\n'
    expect(packaged.conf.split(sample)).toHaveLength(2)
    expect(await nova.read(NOVA_CONF)).toBe(
      packaged.conf.replace(sample, `${sample}disk_cachemodes = file=writeback,block=none\n`),
    )
    expect(await nova.sh(`stat -c '%U:%G %a' ${NOVA_CONF}`)).toBe('root:nova 640\n')
    expect(await nova.starts()).toBe(1)

    await nova.rollback(run.run)
    expect(await nova.read(NOVA_CONF)).toBe(packaged.conf)
  })

  it('changes the assignment that decides, which nova then reads, and is satisfied by any order of it', async () => {
    await nova.write(NOVA_CONF, packaged.conf.replace('\n[libvirt]\n', '$&disk_cachemodes = file=none\n'))
    await nova.write(COMPUTE_CONF, `${packaged.compute}disk_cachemodes = block=none, file=directsync\n`)
    const before = await nova.read(NOVA_CONF)

    const run = await nova.run('disk-cachemodes', SAFE)
    const again = await nova.run('disk-cachemodes', SAFE)

    expect([outcomeOf(run)?.result, outcomeOf(again)?.result]).toEqual(['changed', NOTHING_TO_DO])
    expect(await nova.read(NOVA_CONF)).toBe(before)
    expect(await nova.read(COMPUTE_CONF)).toBe(`${packaged.compute}disk_cachemodes = block=none,file=none\n`)
    expect((await usedByNova())?.options['[libvirt] disk_cachemodes']).toBe('block=none,file=none')
    expect(await nova.starts()).toBe(2)
  })

  it('refuses a configuration with which nova itself does not start, naming the line that nova names', async () => {
    await nova.write(COMPUTE_CONF, '[libvirt]\n\n virt_type=kvm\n')
    await nova.sh('systemctl restart nova-compute')

    expect(refusalIn(await nova.plan('disk-cachemodes'))).toEqual([
      'E_CONFIG_INVALID',
      `nova-compute on rb-01 would not start: ${COMPUTE_CONF} line 3 is a continuation line of nothing`,
    ])
    expect((await usedByNova())?.fault).toBe("ParseError: at line 3, Unexpected continuation line: ' virt_type=kvm'")
  })
})
