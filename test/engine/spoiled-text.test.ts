import { describe, expect, it } from 'vitest'
import { needed, satisfied } from '../../src/model/check.ts'
import { step } from '../../src/model/step.ts'
import { fakeHost, runOn } from '../../src/testing.ts'
import { toyRunbook } from './toy.ts'

const FSTAB = '/etc/fstab'

const lineAdded = step<{ before: string }>({
  id: 'line-added',
  async check(host) {
    const { text, fingerprint } = await host.read(FSTAB)
    return text.endsWith('# seen\n') ? satisfied('it is there') : needed('add a line', { before: fingerprint })
  },
  async apply(host, { before }) {
    const { text } = await host.read(FSTAB)
    await host.write(FSTAB, `${text}# seen\n`, { replacing: before })
  },
  rollback: (host, { before }) => host.restore(FSTAB, before),
})

describe('a file in an old encoding', () => {
  it('is not written back by a step that read it as text', async () => {
    const host = fakeHost({ name: 'hv-01' })
    const bytes = Buffer.from('/dev/sda1 /srv/b\xfccher ext4\n', 'latin1')
    host.files.set(FSTAB, { bytes, mode: '0644', owner: '0:0' })

    const { report } = await runOn(toyRunbook([lineAdded]), {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_NOT_TEXT' })
    expect(Buffer.from(host.files.get(FSTAB)?.bytes ?? [])).toEqual(bytes)
  })
})
