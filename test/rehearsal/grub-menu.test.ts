import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const LIBRARY = join(import.meta.dirname, '../../src/rehearsal/testhost/lib')
const PROGRAM = [
  'use GrubMenu qw(default_entry_cmdline); use JSON::PP; local $/; my $in = decode_json(<STDIN>);',
  'my $line = eval { default_entry_cmdline(@$in) }; print defined $line ? $line : "died: $@";',
].join(' ')

const boot = (config: string, environment: Record<string, string> = {}): string => {
  const input = JSON.stringify([config, environment])
  return execFileSync('perl', ['-I', LIBRARY, '-e', PROGRAM], { input, encoding: 'utf8' }).trim()
}

/** As grub-mkconfig 2.06 of Debian writes it, shortened. */
const menu = (chosen: string) => `
if [ "\${next_entry}" ] ; then
   set default="\${next_entry}"
   set next_entry=
   save_env next_entry
   set boot_once=true
else
   set default="${chosen}"
fi
menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-/dev/vda1' {
	load_video
	if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
	linux	/boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro quiet hugepages=4
	initrd	/boot/initrd.img-6.1.0-28-amd64
}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-/dev/vda1' {
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-28-amd64' --class debian $menuentry_id_option 'gnulinux-6.1.0-28' {
		linux	/boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro quiet hugepages=4
	}
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-28-amd64 (recovery mode)' $menuentry_id_option 'gnulinux-recovery' {
		linux	/boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro single
	}
}
`
const NORMAL = 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro quiet hugepages=4'
const RECOVERY = 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro single'

describe('the boot loader of a test host', () => {
  test('boots the first entry by its number', () => {
    expect(boot(menu('0'))).toBe(NORMAL)
  })

  test('goes into a submenu by numbers, by ids and by titles', () => {
    const byNumber = boot(menu('1>1'))
    const byId = boot(menu('gnulinux-advanced-/dev/vda1>gnulinux-recovery'))
    const byTitle = boot(
      menu('Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-28-amd64 (recovery mode)'),
    )

    expect([byNumber, byId, byTitle]).toEqual([RECOVERY, RECOVERY, RECOVERY])
  })

  test('boots the entry that the environment saved', () => {
    const saved = { saved_entry: '1>gnulinux-recovery' }

    expect(boot(menu('${saved_entry}'), saved)).toBe(RECOVERY)
  })

  test('prefers the entry that is set for one boot', () => {
    expect(boot(menu('0'), { next_entry: '1>1' })).toBe(RECOVERY)
  })

  test('falls back to the first entry when the chosen one does not exist', () => {
    expect(boot(menu('no such entry'))).toBe(NORMAL)
  })

  test('finds nothing to boot in a truncated menu', () => {
    expect(boot('set default="0"\n')).toMatch(/^died: no menu entry/)
  })
})
