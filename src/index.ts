// The authoring API: the only door for runbooks.

// Inventories in TypeScript.
export type { InventoryDefinition } from './inventory/typed-inventory.ts'
// Boot loaders: how kernel arguments reach the kernel.
export { BOOT_LOADERS } from './library/boot-loaders/boot-loader.ts'
export type { WantedArguments } from './library/boot-loaders/wanted-arguments.ts'
// Facts: questions with pure readers.
export { type GrubVariables, grubEnvironment, grubFiles, grubVariables } from './library/facts/grub.ts'
export { freePages, guests, libvirtService, type ServiceSearch } from './library/facts/libvirt.ts'
export { hugepageLog, type Memory, memory, numaNodes, pagePools } from './library/facts/memory.ts'
export { mounts } from './library/facts/mounts.ts'
export { dhcpAgent, novaCompute, type OsloService, underUnit } from './library/facts/openstack/services.ts'
export { bootId, commandLine, containerKind, kernel, offersGiantPages, osRelease } from './library/facts/system.ts'
export { pendingRestart, type UnitState, unitState } from './library/facts/units.ts'
// Formats: pure readers and editors.
export { bytesInWords, PAGE_SIZES, type PageSize, parseBytes } from './library/formats/bytes.ts'
export { type HugepageWish, hugepageBlock, type PageCount, totalPages } from './library/formats/hugepage-arguments.ts'
export { CACHE_MODES, CACHED_SOURCES, type CacheModesWish } from './library/formats/openstack/cache-modes.ts'
export { COMMAND_LINE_GUARDS, type GuardCode, guardTexts, REBOOT_GUARDS } from './library/guard-texts.ts'

// Audits: what a host is like.
export { hugepagesAsExpected } from './library/steps/audit/hugepages-expected.ts'
export { hugepagesKnown } from './library/steps/audit/hugepages-known.ts'
export { placementKnown } from './library/steps/audit/placement-known.ts'
export { argumentsCanBeBooted, bootMenu, bootWish } from './library/steps/boot/boot-menu.ts'
export { wantedHugepages } from './library/steps/boot/hugepage-arguments.ts'
export { argumentsConfigured, noOtherArguments } from './library/steps/boot/kernel-arguments.ts'
export { rebootInto } from './library/steps/boot/reboot-into.ts'
export { simpleArguments } from './library/steps/boot/simple-arguments.ts'
// Steps as modules of Ansible have them, for playbooks that were taken over.
export { fileGone } from './library/steps/carried-over/file-gone.ts'
export { fileKept } from './library/steps/carried-over/file-kept.ts'
export { folderKept } from './library/steps/carried-over/folder-kept.ts'
export { lineKept } from './library/steps/carried-over/line-kept.ts'
export { madeBy } from './library/steps/carried-over/made-by.ts'
export { nothingLeftOut } from './library/steps/carried-over/nothing-left-out.ts'
export { unitKept } from './library/steps/carried-over/unit-kept.ts'
export { cpuPowerAtBoot, cpuPowerInForce, governorOffered } from './library/steps/cpu-power/governor.ts'
export { cpusCanBeIsolated, cpusIsolated } from './library/steps/cpus/cpu-gates.ts'
export { type CpuWish, isolatingArguments } from './library/steps/cpus/cpu-wish.ts'
export { cpusetsWork, hostConfined, hostConfinedAtBoot } from './library/steps/cpus/cpusets.ts'
export { IRQBALANCE, irqbalanceSparesCpus } from './library/steps/cpus/irqbalance.ts'
export { novaCpuOptions, novaPinsTheseCpus } from './library/steps/cpus/nova-cpus.ts'
// Draining: guests and nova's wish to place more, around a restart.
export {
  computeService,
  computeServiceDisabled,
  type InCloud,
  serviceNotes,
} from './library/steps/drain/compute-service.ts'
export { canBeDrained, type DrainWish, drained, restartGates } from './library/steps/drain/drained.ts'
export { guestsStopped } from './library/steps/guests-stopped.ts'
export { containerKernel, noGuestsRunning, osFamilyIs } from './library/steps/host-gates.ts'
export { cpuOffersGiantPages, memoryCanBeSpared } from './library/steps/hugepage-gates.ts'
export { imageEnlarged } from './library/steps/images/image-enlarged.ts'
export { imageCanBeEnlarged, imageIsFree, partitionCanGrow } from './library/steps/images/image-gates.ts'
export { imageTools } from './library/steps/images/image-tools.ts'
export type { ImageWish } from './library/steps/images/image-wish.ts'
export { memoryForInstances, pagesAreMounted } from './library/steps/instances/instance-gates.ts'
export { poolHasPages } from './library/steps/instances/instance-pool.ts'
export { instancesCanBeChanged } from './library/steps/instances/instance-refusals.ts'
export { instanceDefined, instanceShutOff, instanceStarted } from './library/steps/instances/instance-steps.ts'
export { type InstanceWish, instancesOf } from './library/steps/instances/instance-wish.ts'
export { novaAgrees } from './library/steps/instances/nova-agrees.ts'
export { novaStopped } from './library/steps/instances/nova-stopped.ts'
export { poolPersistent } from './library/steps/instances/pool-persistent.ts'
// Steps: ready-made parts.
export {
  COMPACT_MEMORY,
  cachesAround,
  cachesDropped,
  DROP_CACHES,
  memoryCompacted,
  notDroppedLately,
} from './library/steps/kernel/drop-caches.ts'
export { kernelFilesWritable } from './library/steps/kernel/kernel-files-writable.ts'
export { kernelValues } from './library/steps/kernel/kernel-values.ts'
export { type SysctlWish, sysctlInForce, sysctlPersistent } from './library/steps/kernel/sysctl.ts'
export { writtenAtBoot } from './library/steps/kernel/tmpfiles.ts'
export {
  libvirtSeesThePages,
  libvirtSeesThePagesOrSaysSo,
  qemuAllowsMounts,
} from './library/steps/libvirt-pages.ts'
export { mountUnit } from './library/steps/mount-unit.ts'
export { interfacesAreCards, lineIsLeftAlone } from './library/steps/network/offload-gates.ts'
export type { NicMatch, OffloadWish } from './library/steps/network/offload-targets.ts'
export { offloadsKeptOnce } from './library/steps/network/offloads-kept-once.ts'
export {
  offloadFilesAreUnmanaged,
  offloadsForgottenAtBoot,
  offloadsPersistent,
} from './library/steps/network/offloads-persistent.ts'
export { offloadsSet, offloadsSetOnTheLine } from './library/steps/network/offloads-set.ts'
export {
  cacheModesAllowMigration,
  cacheModesAllowNativeIo,
  noUnsafeCacheMode,
} from './library/steps/openstack/cache-mode-gates.ts'
export { cacheModesOption, cacheModesSet } from './library/steps/openstack/cache-modes-set.ts'
export { agentGivesDhcp, dnsmasqFileIsUnmanaged, mtuSuitsNetworks } from './library/steps/openstack/dhcp/dhcp-gates.ts'
export { dhcpRenewed } from './library/steps/openstack/dhcp/dhcp-renewed.ts'
export { dnsmasqFileNamed, mtuGiven } from './library/steps/openstack/dhcp/mtu-given.ts'
export { agentParts, type DhcpMtuWish, fileNamed } from './library/steps/openstack/dhcp/mtu-wish.ts'
export { mtuSuitsCloud, networksHaveMtu } from './library/steps/openstack/dhcp/networks-have-mtu.ts'
export {
  cacheModesSuitNativeIo,
  instancesFitPreallocated,
  instancesOpenDirectly,
} from './library/steps/openstack/native-io/gates.ts'
export {
  imagesPreallocated,
  preallocationIsUnmanaged,
} from './library/steps/openstack/native-io/images-preallocated.ts'
export { type NativeIoMethod, novaCanGiveNativeIo } from './library/steps/openstack/native-io/method.ts'
export { sourcePatched } from './library/steps/openstack/native-io/source-patched.ts'
export { type OptionWish, optionIs, optionsAreUnmanaged, optionsSet } from './library/steps/openstack/options-set.ts'
export { type ConfigurationParts, configurationIsSound } from './library/steps/openstack/service-configuration.ts'
export { startedCleanly } from './library/steps/openstack/started-cleanly.ts'
export { ownedFile } from './library/steps/owned-file.ts'
export { packagesInstalled } from './library/steps/packages/packages-installed.ts'
export { deliveredNotes, givingPagesBack, pagesOnEveryNode } from './library/steps/page-pools.ts'
export { restartLeft, restartUnit } from './library/steps/restart-unit.ts'
export { instancesOnLvm, lvmOptions, noInstancesOnFiles, usesGroup } from './library/steps/storage/instances-on-lvm.ts'
export { devicesPrepared, groupMade, guestVolumesIgnored } from './library/steps/storage/volume-group.ts'
export { devicesAreFree, groupIsUsable } from './library/steps/storage/volume-group-gates.ts'
export { memoryIsLeft, type ReclaimWish, reclaimKeys } from './library/steps/swap/reclaim.ts'
export {
  fstabIsUnmanaged,
  fstabWithoutSwap,
  swapFitsMemory,
  swapOff,
  swapUnitsMasked,
} from './library/steps/swap/swap-off.ts'
export { thpOffered, tunedLeavesThpAlone } from './library/steps/thp/thp-gates.ts'
export { thpNeighbours } from './library/steps/thp/thp-neighbours.ts'
export { THP_FILES, thpInForce, thpPersistent } from './library/steps/thp/thp-persistence.ts'
export { tunedProfileChosen } from './library/steps/tuned/profile-chosen.ts'
export { governorAsProfileSays, profileLeavesOthersAlone } from './library/steps/tuned/profile-neighbours.ts'
export { blocked, type Check, deferred, needed, satisfied } from './model/check.ts'
export { type Command, sh } from './model/command.ts'
export type { Duration } from './model/duration.ts'
export { Blocked, CommandFailed } from './model/errors.ts'
export { type Answer, type Fact, fact } from './model/fact.ts'
export type { Json } from './model/json.ts'
export { finding, info, type Note, warning } from './model/note.ts'
export type { FileState, Probe, Session } from './model/probe.ts'
export { defineRunbook, type GuardText, type Rollout, type Runbook, type Schema } from './model/runbook.ts'
export { type Secret, secret, secretParameter } from './model/secret.ts'
export {
  type Audit,
  audit,
  type ChangeStep,
  type During,
  during,
  type Gate,
  type Guarded,
  gate,
  guarded,
  type Once,
  once,
  type Reboot,
  reboot,
  type Step,
  step,
} from './model/step.ts'
