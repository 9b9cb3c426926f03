/** What a test host of the flavour `rhel` plays. It is laid out at the host's first boot and stays so. */
export interface RhelModel {
  /**
   * `7`: a menu in grub.cfg; `8`: boot loader entries that share `kernelopts`; `9`: entries with arguments of their own
   * and, where EFI starts it, a stub on the ESP. Default `9`.
   */
  readonly release?: '7' | '8' | '9'
  /** Default `efi`. */
  readonly firmware?: 'efi' | 'bios'
  /** `systemd-boot`: entries made by kernel-install, and no GRUB. Default `grub`. */
  readonly bootLoader?: 'grub' | 'systemd-boot'
  /**
   * `collapses`: a grubby that puts a later argument over an earlier one of the same key, as that of RHEL 7 and the
   * first one for boot loader entries. Default: as the release has it, `appends` from 8 on.
   */
  readonly grubby?: 'appends' | 'collapses'
}

export const RHEL_KEYS: Readonly<Record<keyof RhelModel, true>> = {
  release: true,
  firmware: true,
  bootLoader: true,
  grubby: true,
}
