import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import type { Probe, Session } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { putInPlace } from '../../boot-loaders/boot-entries.ts'
import type { BootLoader, EditedEntries } from '../../boot-loaders/boot-loader.ts'
import { bootLoaderOf, byBootLoader } from '../../boot-loaders/find-boot-loader.ts'
import type { WantedArguments } from '../../boot-loaders/wanted-arguments.ts'
import { type PlacedArgument, placedArguments, putBack } from '../../formats/kernel-command-line.ts'
import type { FilesFound } from './kernel-arguments.ts'

/** What was found of boot entries: their files, and the keys' arguments in a variable of the boot loader. */
export type EntriesFound = FilesFound & { readonly variable: readonly PlacedArgument[] | null }

/**
 * Boot entries that are edited where they are carry the arguments: the default one and every normal one. Going back puts
 * the first bytes of each back. Where a program generates the menu, this step has nothing to do.
 */
export const bootEntries = (wanted: WantedArguments): ChangeStep<EntriesFound> => {
  const check = byBootLoader(wanted, async (host, loader): Promise<Check<EntriesFound>> => {
    if (loader.menu.kind === 'generated') return satisfied(`${loader.menu.by} makes the entries`)
    const faults = await loader.faults(host, wanted)
    if (faults.length === 0) return satisfied('every normal entry carries the arguments')
    return needed(`${loader.menu.by}, for ${faults.join('; ')}`, await foundOf(host, loader.menu, wanted))
  })
  return step<EntriesFound>({
    id: 'boot-entries',
    check,
    async apply(host) {
      const { menu } = await bootLoaderOf(host, wanted)
      if (menu.kind === 'edited') await menu.edit(host, wanted)
    },
    async verify(host) {
      const after = await check(host)
      return after.state === 'needed' ? notTaken(await bootLoaderOf(host, wanted), after.change) : after
    },
    rollback: (host, found) => goBack(host, wanted, found),
    rescue: ['sh', '-c', withoutBlock(wanted)],
  })
}

async function foundOf(host: Probe, menu: EditedEntries, { keys }: WantedArguments): Promise<EntriesFound> {
  const paths = await menu.files(host)
  const files = await Promise.all(paths.map(async (path) => ({ path, before: (await host.read(path)).fingerprint })))
  const line = (await menu.variable?.read(host)) ?? null
  return { files, variable: line === null ? null : placedArguments(line, keys) }
}

/** A kernel that went since takes its entry with it; one that came since has inherited the arguments. */
async function goBack(host: Session, wanted: WantedArguments, { files, variable }: EntriesFound): Promise<void> {
  for (const { path, before } of [...files].reverse()) {
    const gone = before !== 'absent' && (await host.read(path)).state === 'absent'
    if (!gone) await host.restore(path, before)
  }
  const { menu } = await bootLoaderOf(host, wanted)
  if (menu.kind === 'generated') return
  const known = files.map(({ path }) => path)
  await putInPlace(host, await menu.newcomers(host, wanted, known))
  const line = (await menu.variable?.read(host)) ?? null
  if (variable === null || line === null) return
  const first = putBack(line, wanted.keys, variable)
  if (first !== line) await menu.variable?.write(host, first)
}

/** For the rescue console: GRUB writes to its environment at every boot, so undo.sh leaves that file's bytes alone. */
const withoutBlock = ({ block }: WantedArguments): string =>
  `if v=$(grub2-editenv - list 2>/dev/null | grep '^kernelopts='); then case $v in *' ${block}'*) grub2-editenv - set "\${v%% ${block}*}\${v#* ${block}}";; esac; fi`

const notTaken = ({ menu }: BootLoader, because: string) =>
  blocked({
    code: 'E_GRUB_NOT_GENERATED',
    absolute: true,
    because: `${menu.by} ended well, but still: ${because}`,
    remedy: 'See what the host shows: grubby --info=ALL; grub2-editenv list; ls -l /boot/loader/entries.',
  })
