import { type BlockedCheck, blocked, type Check, needed, satisfied } from '../../../../model/check.ts'
import { warning } from '../../../../model/note.ts'
import type { Probe } from '../../../../model/probe.ts'
import { type ChangeStep, step } from '../../../../model/step.ts'
import { compiledBy, type Interpreter } from '../../../facts/openstack/nova-source.ts'
import { packageOwning } from '../../../facts/packages.ts'
import { withNativeIo } from '../../../formats/openstack/guest-disk-class.ts'
import { unitOf } from '../../restart-unit.ts'
import type { LocatedSource } from '../guest-disk-source.ts'
import { guestsWithoutNativeIo } from './images-preallocated.ts'
import { chosenMethod, type NativeIoParts } from './method.ts'

/** The file that was patched, its package, and the unit that imports it. */
export type PatchFound = {
  readonly path: string
  readonly before: string
  readonly package: string | null
  readonly unit: string | null
}

/** nova's class of guest disks writes `io='native'` for every disk: for a nova that has no option for it. */
export const sourcePatched = (parts: NativeIoParts): ChangeStep<PatchFound> =>
  step<PatchFound>({
    id: 'source-patched',
    async check(host): Promise<Check<PatchFound>> {
      const chosen = await chosenMethod(host, parts)
      if (chosen.way === 'blocked') return chosen.reason
      if (chosen.way === 'preallocate') return satisfied('this nova is configured instead')
      const { path, text, state, fingerprint: before } = chosen.source
      const pending = await guestsWithoutNativeIo(host)
      if (state === 'seed-patched' || state === 'modern-patched') {
        return satisfied(`${path} writes io='native' for every disk`, { notes: pending })
      }
      const patch = withNativeIo(text)
      if (patch.state === 'no-anchor') return anchorMissing(path, patch)
      const [fault, owner, unit] = await Promise.all([
        compileFault(host, chosen.source, patch.text),
        host.ask(packageOwning(path)),
        unitOf(host, parts.service),
      ])
      if (fault !== null) return doesNotCompile(path, fault)
      const owned = `${path} belongs to ${owner}: its next upgrade takes the patch away, and a later plan will say so`
      return needed(
        `add two lines to ${path}`,
        { path, before, package: owner, unit },
        {
          notes: [
            ...(owner === null ? [] : [warning('E_PKG_OWNED', owned)]),
            ...(path.startsWith('/opt/stack/')
              ? [warning('W_GIT_TREE', `${path} lies in a work tree of git: its next checkout takes the patch away`)]
              : []),
            ...pending,
          ],
          diff: [text, patch.text],
          ...(unit === null ? {} : { readBy: unit }),
        },
      )
    },
    async apply(host, { path, before, unit }) {
      const { text } = await host.read(path)
      const patch = withNativeIo(text)
      // Without an anchor the file is not the one that the check saw, and the swap refuses.
      const wish = patch.state === 'patched' ? patch.text : text
      await host.write(path, wish, { replacing: before, ...(unit === null ? {} : { readBy: unit }) })
    },
    rollback: (host, { path, before, unit }) => host.restore(path, before, unit === null ? {} : { readBy: unit }),
  })

/** Nobody's own user, for a file whose service does not run. */
const NOBODY = 65_534

function compileFault(host: Probe, { path, python }: LocatedSource, text: string): Promise<string | null> {
  const usual = /\/python2[.\d]*\//.test(path) ? '/usr/bin/python2' : '/usr/bin/python3'
  const interpreter: Interpreter = python ?? { path: usual, user: NOBODY, group: NOBODY }
  return host.ask(compiledBy(interpreter, text))
}

const anchorMissing = (path: string, { anchor, count }: { anchor: string; count: number }): BlockedCheck =>
  blocked({
    code: 'E_PATCH_ANCHOR',
    because: `${path}: "${anchor}" is expected once in LibvirtConfigGuestDisk; found ${count} times`,
    remedy: 'This nova is not as known: use method=preallocate, or patch by hand.',
    absolute: true,
  })

const doesNotCompile = (path: string, fault: string): BlockedCheck =>
  blocked({
    code: 'E_PATCH_BROKEN',
    because: `${path} with the patch does not compile: ${fault}`,
    remedy: 'This nova is not as known: use method=preallocate, or patch by hand.',
    absolute: true,
  })
