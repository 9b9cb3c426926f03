import { type BlockedCheck, blocked, type Check } from '../../model/check.ts'
import { Blocked } from '../../model/errors.ts'
import type { Probe } from '../../model/probe.ts'
import { type BootSurroundings, bootSurroundings, KERNEL_CMDLINE, menuOf } from '../facts/boot/surroundings.ts'
import { GRUB_CFG, GRUB_DEFAULTS } from '../facts/grub.ts'
import type { BootLoader, BootLoaderName, Reason } from './boot-loader.ts'
import { grubDebian } from './grub-debian.ts'
import { grub2Bls } from './grub2-bls.ts'
import { grub2Classic } from './grub2-classic.ts'
import { systemdBoot } from './systemd-boot.ts'
import type { BootWish } from './wanted-arguments.ts'

const LOADERS: Readonly<Record<BootLoaderName, (around: BootSurroundings) => BootLoader>> = {
  'grub-debian': () => grubDebian,
  'grub2-bls': () => grub2Bls,
  'grub2-classic': (around) => grub2Classic(menuOf(around) ?? ''),
  'systemd-boot': (around) => systemdBoot(around.entryFolders.at(-1) ?? ''),
}

/** Answers a check by the host's boot loader; a host whose boot loader is not edited ends blocked. */
export const byBootLoader =
  <Answer extends Check>(wish: BootWish, ask: (host: Probe, loader: BootLoader) => Promise<Answer>) =>
  async (host: Probe): Promise<Answer | BlockedCheck> => {
    const found = await findBootLoader(host, wish)
    return 'code' in found ? blocked({ ...found, absolute: true }) : ask(host, found)
  }

/** The boot loader of a host, or why there is none that is edited. */
export async function findBootLoader(host: Probe, { bootLoader = 'auto' }: BootWish): Promise<BootLoader | Reason> {
  const around = await host.ask(bootSurroundings)
  const unedited = bootsUnedited(host.name, around)
  if (unedited) return unedited
  const name = bootLoader === 'auto' ? likelyLoader(around) : bootLoader
  const missing = name === null ? noLoader(host.name) : missingPart(host.name, around, name)
  return missing ?? LOADERS[name as BootLoaderName](around)
}

/** The boot loader of a host that has one. Throws Blocked for one that is not edited. */
export async function bootLoaderOf(host: Probe, wish: BootWish): Promise<BootLoader> {
  const found = await findBootLoader(host, wish)
  if (!('code' in found)) return found
  throw new Blocked(found.because, found)
}

/** What boots a host, by the files that are there; null where nothing is that this product knows. */
export function likelyLoader(around: BootSurroundings): BootLoaderName | null {
  const has = (path: string) => around.files.some((file) => file.path === path)
  if (around.startedBy.startsWith('systemd-boot')) return 'systemd-boot'
  if (has(GRUB_DEFAULTS)) {
    if (around.usesEntries && around.entryFolders.length > 0) return 'grub2-bls'
    if (menuOf(around) !== null && !has(GRUB_CFG)) return 'grub2-classic'
    return 'grub-debian'
  }
  return around.entryFolders.length > 0 || has(KERNEL_CMDLINE) ? 'systemd-boot' : null
}

/** Hosts whose command line is not in any file that could be edited. */
function bootsUnedited(host: string, around: BootSurroundings): Reason | null {
  if (around.imageBased) {
    return {
      code: 'E_IMAGE_BASED',
      because: `${host} is an image based host (/run/ostree-booted): its command line belongs to the image`,
      remedy: 'Use rpm-ostree kargs --append-if-missing/--delete.',
    }
  }
  if (!around.unifiedKernelImage) return null
  return {
    code: 'E_UEFI_UKI',
    because: `${host} boots a unified kernel image that carries its command line inside`,
    remedy: 'Build the image with the wanted command line.',
  }
}

/** What a boot loader, found or named by the operator, lacks on this host. */
function missingPart(host: string, around: BootSurroundings, name: BootLoaderName): Reason | null {
  const has = (path: string) => around.files.some((file) => file.path === path)
  const needs: Readonly<Record<BootLoaderName, readonly [present: boolean, what: string][]>> = {
    'grub-debian': [[has(GRUB_DEFAULTS) && has(GRUB_CFG), `both ${GRUB_DEFAULTS} and ${GRUB_CFG}`]],
    'grub2-bls': [
      [has(GRUB_DEFAULTS), GRUB_DEFAULTS],
      [around.usesEntries, `GRUB_ENABLE_BLSCFG=true in ${GRUB_DEFAULTS}`],
      [around.entryFolders.includes('/boot/loader/entries'), 'an entry in /boot/loader/entries'],
    ],
    'grub2-classic': [
      [has(GRUB_DEFAULTS), GRUB_DEFAULTS],
      [menuOf(around) !== null, 'a menu in /boot/grub2 or /boot/efi/EFI'],
    ],
    'systemd-boot': [[around.entryFolders.length > 0, 'an entry in loader/entries of /boot, /boot/efi or /efi']],
  }
  const [lack] = needs[name].filter(([present]) => !present)
  if (lack) {
    return {
      code: 'E_GRUB_MISSING',
      because: `${host} has not ${lack[1]}`,
      remedy: `Find out what boots this host (efibootmgr -v; bootctl status), and name it: bootloader=${LOADER_WORDS}.`,
    }
  }
  const tool = TOOLS[name].find((one) => !around.tools.includes(one))
  if (tool === undefined) return null
  return { code: 'E_GRUB_TOOL_MISSING', because: `${host} has no ${tool}`, remedy: `Install ${PACKAGES[tool]}.` }
}

const noLoader = (host: string): Reason => ({
  code: 'E_GRUB_MISSING',
  because: `${host} has none of ${GRUB_DEFAULTS}, ${KERNEL_CMDLINE} and /boot/loader/entries`,
  remedy: 'Find out what boots this host; GRUB and systemd-boot are edited.',
})

const LOADER_WORDS = Object.keys(LOADERS).join('|')

const TOOLS = {
  'grub-debian': ['update-grub'],
  'grub2-bls': ['grubby'],
  'grub2-classic': ['grub2-mkconfig'],
  'systemd-boot': ['kernel-install'],
} as const

const PACKAGES = {
  'update-grub': 'grub2-common',
  grubby: 'grubby',
  'grub2-mkconfig': 'grub2-tools',
  'kernel-install': 'systemd (systemd-udev on RHEL)',
} as const
