import { sh } from '../../../model/command.ts'
import type { Probe } from '../../../model/probe.ts'
import type { ChangeStep } from '../../../model/step.ts'
import { THP_FOLDER } from '../../facts/kernel/transparent-pages.ts'
import { tuned } from '../../facts/tuned/tuned.ts'
import { enabledUnit } from '../kernel/enabled-unit.ts'
import { kernelValues, valuesHold } from '../kernel/kernel-values.ts'
import { tmpfilesPath, writtenAtBoot } from '../kernel/tmpfiles.ts'
import { ownedFile } from '../owned-file.ts'
import { TUNED_FOLDER, tunedProfileChosen } from '../tuned/profile-chosen.ts'
import { type ThpWish, thpValues } from './thp-wish.ts'

/** What writes the words at every boot. `kernel-cmdline` carries `enabled` alone and has steps of its own. */
export type ThpPersistence = 'tmpfiles' | 'systemd-unit' | 'kernel-cmdline' | 'tuned'

const TOPIC = 'thp'
const UNIT = 'runbook-thp.service'
const PROFILE = 'runbook-thp'

/** Files of ours that name transparent huge pages. */
export const THP_FILES: readonly string[] = [tmpfilesPath(TOPIC), `/etc/systemd/system/${UNIT}`]

/** The words will be written at every boot. */
export function thpPersistent(wish: ThpWish, by: ThpPersistence, runbook: string): readonly ChangeStep[] {
  const [id, values] = ['transparent-pages-at-boot', thpValues(wish)]
  const inForce = (host: Probe) => valuesHold(host, values)
  if (by === 'kernel-cmdline') return []
  if (by === 'tmpfiles') return [writtenAtBoot({ id, runbook, topic: TOPIC, values })]
  if (by === 'systemd-unit') return [enabledUnit({ id, runbook, unit: UNIT, body: unitBody(wish), inForce })]
  const path = `${TUNED_FOLDER}/${PROFILE}/tuned.conf`
  const body = async (host: Probe) => profileBody(wish, await baseProfiles(host))
  return [
    ownedFile({ id, runbook, path, ownFolder: true, body, inForce }),
    tunedProfileChosen({ id: 'tuned-profile-chosen', profiles: [PROFILE], ours: true }),
  ]
}

/** The words hold now. Where tmpfiles persists them they come about by it, which tries the persistent form. */
export const thpInForce = (wish: ThpWish, by: ThpPersistence) =>
  kernelValues({
    id: 'transparent-pages-in-force',
    values: thpValues(wish),
    ...(by === 'tmpfiles' ? { by: sh`systemd-tmpfiles --create ${tmpfilesPath(TOPIC)}` } : {}),
    ...(by === 'systemd-unit' ? { by: sh`systemctl restart ${UNIT}` } : {}),
  })

const unitBody = (wish: ThpWish): string => `[Unit]
Description=runbook transparent huge pages
DefaultDependencies=no
Before=libvirtd.service virtqemud.service
ConditionPathExists=${THP_FOLDER}/enabled
[Service]
Type=oneshot
${thpValues(wish)
  .map(({ path, value }) => `ExecStart=/bin/sh -c "echo ${value} >${path}"`)
  .join('\n')}
[Install]
WantedBy=sysinit.target
`

/** The profiles that ours stands on: those that are chosen now, and in a further run those that it named then. */
async function baseProfiles(host: Probe): Promise<readonly string[]> {
  const { chosen, profiles } = await host.ask(tuned)
  return chosen.includes(PROFILE) ? (profiles.get(PROFILE)?.includes ?? []) : chosen
}

const profileBody = (wish: ThpWish, base: readonly string[]): string => {
  const [enabled, defrag, ...others] = thpValues(wish)
  return [
    '[main]',
    'summary=What is chosen beside it, with transparent huge pages as wished',
    ...(base.length === 0 ? [] : [`include=${base.join(',')}`]),
    '[vm]',
    `transparent_hugepages=${enabled?.value}`,
    `transparent_hugepage.defrag=${defrag?.value}`,
    ...(others.length === 0 ? [] : ['[sysfs]', ...others.map(({ path, value }) => `${path}=${value}`)]),
    '',
  ].join('\n')
}
