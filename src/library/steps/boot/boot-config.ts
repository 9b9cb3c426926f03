import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { bootLoaderOf, byBootLoader } from '../../boot-loaders/find-boot-loader.ts'
import type { WantedArguments } from '../../boot-loaders/wanted-arguments.ts'

/** A menu that is generated carries the arguments: in the default entry and every normal one, not in the recovery ones. */
export const bootConfig = (wanted: WantedArguments): ChangeStep<null> => {
  const check = byBootLoader(wanted, async (host, loader): Promise<Check<null>> => {
    if (loader.menu.kind === 'edited') return satisfied(`nothing is generated: ${loader.title} reads what was edited`)
    const faults = await loader.faults(host, wanted)
    if (faults.length === 0) return satisfied(`${loader.menu.path} carries the arguments in every normal entry`)
    return needed(`${loader.menu.by}, for ${faults.join('; ')}`, null)
  })
  return step<null>({
    id: 'boot-config',
    check,
    async apply(host) {
      const { menu } = await bootLoaderOf(host, wanted)
      if (menu.kind === 'generated') await menu.generate(host)
    },
    async verify(host) {
      const after = await check(host)
      return after.state === 'needed' ? notGenerated(after.change) : after
    },
    settle: {
      async current(host) {
        const { menu } = await bootLoaderOf(host, wanted)
        return menu.kind === 'edited' || menu.current(host)
      },
      apply: 'apply',
    },
    // Only where a menu is generated does this step begin, and only a step that began is rescued.
    rescue: ['update-grub'],
  })
}

const notGenerated = (because: string) =>
  blocked({
    code: 'E_GRUB_NOT_GENERATED',
    absolute: true,
    because: `update-grub ended well, but still: ${because}`,
    remedy:
      'See which entry GRUB_DEFAULT or grub-set-default chose, and whether a script of /etc/grub.d writes entries of its own.',
  })
