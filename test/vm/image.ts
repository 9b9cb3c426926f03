import { needPrograms } from '../../src/rehearsal/docker/packages.ts'
import { accelerator } from '../../src/rehearsal/vm/accelerator.ts'
import { QEMU } from '../../src/rehearsal/vm/virtual-machine.ts'
import { vmImage } from '../../src/rehearsal/vm/vm-image.ts'

/** Makes the image of the virtual machines where it is missing. There is nothing to end afterwards. */
export default async function imageForTests(): Promise<() => Promise<void>> {
  const consent = { say: (line: string) => process.stderr.write(`${line}\n`), mayInstall: async () => true }
  await needPrograms([QEMU, 'qemu-img', 'ssh-keygen'], consent)
  await vmImage(await accelerator(), consent)
  return async () => {}
}
