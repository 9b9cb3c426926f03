import { describe, expect, it } from 'vitest'
import { differences, takeSnapshot } from '../../../src/rehearsal/verdict/snapshot.ts'
import { oneLine } from '../command-line.ts'
import { BLOCK, journey } from './journey.ts'

const STUB = '/boot/efi/EFI/rocky/grub.cfg'

describe('hugepages-1g on hosts with boot loader entries', () => {
  const { host, first, plan, changed, there, back } = journey({
    /** EFI with a stub on the ESP, and a grubby that loses one of two equal keys. */
    nine: { grubby: 'collapses' },
    eight: { release: '8' },
  })

  it('refuses a host whose command line belongs to an image, or to tuned', async () => {
    const nine = host('nine')
    await nine.inside('touch /run/ostree-booted')
    const image = await plan('nine')
    await nine.inside('rm /run/ostree-booted; grub2-editenv - set tuned_params="hugepages=3"')
    const tuned = await plan('nine')
    await nine.inside('grub2-editenv - unset tuned_params')

    expect([image.exitCode, tuned.exitCode]).toEqual([3, 3])
    expect(oneLine(image.stdout)).toContain('E_IMAGE_BASED: rb-01 is an image based host (/run/ostree-booted)')
    expect(oneLine(tuned.stdout)).toContain('E_TUNED_CONFLICT: tuned adds hugepages=3 to every entry of rb-01')
    expect(differences(first('nine'), await takeSnapshot(nine))).toEqual([])
  })

  there()

  it('on RHEL 9 never writes the stub on the ESP nor the menu that it points to', async () => {
    const paths = await changed('nine')

    expect(first('nine').has(STUB)).toBe(true)
    expect(paths.filter((path) => path.startsWith('/boot/'))).toEqual([
      expect.stringMatching(/^\/boot\/loader\/entries\/\w+-5\.14\.0-362\.24\.1\.el9_3\.x86_64\.conf$/),
      expect.stringMatching(/^\/boot\/loader\/entries\/\w+-5\.14\.0-427\.16\.1\.el9_4\.x86_64\.conf$/),
    ])
    // The one that laid the host out.
    expect(await host('nine').counted('grub2-mkconfig')).toHaveLength(1)
  })

  it('on RHEL 9 writes the options itself where grubby lost one of two equal keys', async () => {
    const calls = (await host('nine').counted('grubby')).map(({ arguments: words }) => words.join(' '))
    const options = await host('nine').inside('sed -n s/^options..*quiet//p /boot/loader/entries/*.conf')
    const defaults = await host('nine').inside('cat /etc/default/grub')

    expect(calls.filter((words) => words.startsWith('--update'))).toEqual([
      '--update-kernel=ALL --remove-args=default_hugepagesz hugepagesz hugepages',
      `--update-kernel=ALL --args=${BLOCK}`,
    ])
    // The rescue entry stands first and stays the way out.
    expect(options.stdout).toBe(`\n $tuned_params ${BLOCK}\n $tuned_params ${BLOCK}\n`)
    expect(defaults.stdout).toMatch(new RegExp(`^GRUB_CMDLINE_LINUX=".* quiet ${BLOCK}"$`, 'm'))
  })

  it('on RHEL 8 changes kernelopts, which the entries name', async () => {
    const environment = await host('eight').inside('grub2-editenv - list')

    expect(environment.stdout).toMatch(new RegExp(`^kernelopts=root=.* quiet ${BLOCK}$`, 'm'))
    const paths = await changed('eight')
    expect(paths.filter((path) => path.startsWith('/boot/'))).toEqual(['/boot/efi/EFI/rocky/grubenv'])
  })

  // GRUB and what runs after a boot write there too: its bytes are nobody's to put back.
  back(() => host('eight').inside('grub2-editenv - set boot_success=1'))
})
