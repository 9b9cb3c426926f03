import { existsSync } from 'node:fs'
import { localAnswer } from '../docker/local-command.ts'
import { findProgram } from '../docker/packages.ts'
import type { Accelerator } from './qemu-arguments.ts'
import { QEMU } from './virtual-machine.ts'

/**
 * KVM where it really works: the device may be there and useless, as inside most virtual machines. So firmware is run on
 * it until it asks for its own end.
 */
export async function accelerator(): Promise<Accelerator> {
  if (!existsSync('/dev/kvm')) return 'tcg'
  const machine = ['-machine', 'q35,accel=kvm', '-cpu', 'host', '-m', '64M', '-nodefaults', '-display', 'none']
  // Firmware that finds nothing to boot says so and resets; with -no-reboot that ends QEMU.
  const { exitCode } = await localAnswer(
    [findProgram(QEMU) ?? QEMU, ...machine, '-no-user-config', '-boot', 'reboot-timeout=1', '-no-reboot'],
    { deadline: '10s' },
  )
  return exitCode === 0 ? 'kvm' : 'tcg'
}
