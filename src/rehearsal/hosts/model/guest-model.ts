/** A guest of a test host. It is made once; from then on it is the affair of the host's libvirt, over reboots too. */
export interface GuestModel {
  readonly name: string
  /** Default: one made of the name. */
  readonly uuid?: string
  /** Default 1G. */
  readonly memory?: `${number}${'M' | 'G'}`
  /** Default 1. */
  readonly vcpus?: number
  /** Elements of its description, such as `<memoryBacking>`, and of the `<devices>` in it. Default none. */
  readonly xml?: string
  readonly devices?: string
  /** Does it run when it is made? Default true. */
  readonly running?: boolean
  /** Does it come up with the host? Default false. */
  readonly autostart?: boolean
  /** It has no definition and is gone when it ends. Default false. */
  readonly transient?: boolean
  /** It has a saved state, from which it starts. Default false. */
  readonly managedSave?: boolean
  /** What it does when it is asked to shut down, at any time. Default `honoured`. */
  readonly shutdown?: 'honoured' | 'ignored'
  /** `fails-on-pages`: QEMU finds no memory in huge pages, however many are free. Default `works`. */
  readonly start?: 'works' | 'fails-on-pages'
  /** Seconds until its memory is there when it is started. Default 0. */
  readonly startTakes?: number
}

/** What a test host counts of each guest: when its process began and ended by itself or on request. */
export interface GuestCount {
  readonly name: string
  readonly act: 'started' | 'ended'
  /** KiB of the pages that back it: 4, 2048 or 1048576. */
  readonly pageKib: number
  /** Did nova-compute run at that moment? */
  readonly nova: boolean
}
