import { describe, expect, it } from 'vitest'
import { BLOCK, journey } from './journey.ts'

describe('hugepages-1g on hosts with other menus', () => {
  const { host, changed, there, back } = journey({
    seven: { release: '7' },
    systemdBoot: { bootLoader: 'systemd-boot' },
  })

  there()

  it('on RHEL 7 has the menu on the ESP made anew where grubby lost one of two equal keys', async () => {
    const menus = await host('seven').inside('grep -c "quiet ' + BLOCK + '$" /boot/efi/EFI/centos/grub.cfg')
    const calls = await host('seven').counted('grub2-mkconfig')

    expect(menus.stdout).toBe('3\n')
    expect(calls.at(-1)).toEqual({ arguments: ['-o', '/boot/efi/EFI/centos/grub.cfg'] })
    expect(await changed('seven')).toEqual(
      expect.arrayContaining(['/boot/efi/EFI/centos/grub.cfg', '/etc/default/grub']),
    )
  })

  it('under systemd-boot has the real kernel-install make the entries of /etc/kernel/cmdline', async () => {
    const entries = await host('systemdBoot').inside('sed -n "s/^options.*quiet//p" /boot/efi/loader/entries/*.conf')
    const cmdline = await host('systemdBoot').inside('cat /etc/kernel/cmdline')

    expect(entries.stdout).toBe(` ${BLOCK}\n`.repeat(2))
    expect(cmdline.stdout).toMatch(new RegExp(`quiet ${BLOCK}\n$`))
  })

  back()
})
