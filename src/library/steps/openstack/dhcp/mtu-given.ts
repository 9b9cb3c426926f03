import { type BlockedCheck, blocked, type Check, needed, satisfied } from '../../../../model/check.ts'
import { type Note, warning } from '../../../../model/note.ts'
import { type ChangeStep, step } from '../../../../model/step.ts'
import { dnsmasqFault } from '../../../facts/openstack/dhcp.ts'
import { givenMtu, readMtuLines, withMtu } from '../../../formats/openstack/dnsmasq-mtu.ts'
import { type OptionsFound, optionsSet } from '../options-set.ts'
import { agentParts, type DhcpMtuWish, fileNamed, fileToEdit } from './mtu-wish.ts'

/** The file that dnsmasq reads, as first found, and the unit of the agent that hands it to dnsmasq. */
export type MtuFound = { readonly path: string; readonly before: string; readonly unit: string | null }

/** The file that dnsmasq reads gives the MTU, once, to every request without a tag. */
export const mtuGiven = (wish: DhcpMtuWish): ChangeStep<MtuFound> =>
  step<MtuFound>({
    id: 'mtu-given',
    async check(host): Promise<Check<MtuFound>> {
      const { path, agent } = await fileToEdit(host, wish)
      const { text, fingerprint: before } = await host.read(path)
      const notes = mtuNotes(path, text, wish)
      if (givenMtu(text) === String(wish.mtu)) return satisfied(`${path} gives ${wish.mtu}`, { notes })
      const edited = withMtu(text, wish.mtu)
      const fault = await host.ask(dnsmasqFault(edited))
      if (fault !== null) return refusedByDnsmasq(path, fault)
      const { unit } = agent
      const extra = { notes, diff: [text, edited] as const, ...(unit === null ? {} : { readBy: unit }) }
      return needed(`give MTU ${wish.mtu} in ${path}`, { path, before, unit }, extra)
    },
    async apply(host, { path, before, unit }) {
      const { text } = await host.read(path)
      await host.write(path, withMtu(text, wish.mtu), { replacing: before, ...(unit === null ? {} : { readBy: unit }) })
    },
    rollback: (host, { path, before, unit }) => host.restore(path, before, unit === null ? {} : { readBy: unit }),
  })

/** The agent hands dnsmasq the file. */
export const dnsmasqFileNamed = (wish: DhcpMtuWish): ChangeStep<OptionsFound> =>
  optionsSet({ ...agentParts(wish), id: 'dnsmasq-file-named', options: [fileNamed(wish)] })

function mtuNotes(path: string, text: string, { dnsmasqConf, repoint }: DhcpMtuWish): readonly Note[] {
  const lines = readMtuLines(text)
  const tagged = lines.filter((line) => line.tagged)
  const more = lines.filter((line) => !line.tagged).slice(0, -1)
  const numbers = (some: typeof lines) => some.map(({ line }) => line).join(', ')
  return [
    ...(tagged.length > 0
      ? [warning('E_MTU_CONFLICT', `${path} line ${numbers(tagged)} gives another MTU by tag, and stays`)]
      : []),
    ...(more.length > 0
      ? [warning('E_MTU_CONFLICT', `${path} line ${numbers(more)} has no effect beside the last one`)]
      : []),
    ...(path !== dnsmasqConf && !repoint
      ? [warning('E_MTU_CONFLICT', `the agent names ${path}, not ${dnsmasqConf}: that file is edited`)]
      : []),
  ]
}

const refusedByDnsmasq = (path: string, fault: string): BlockedCheck =>
  blocked({
    code: 'E_DNSMASQ_REFUSES',
    because: `dnsmasq refuses ${path}: ${fault}`,
    remedy: 'Mend the line; it would keep every network of the agent without addresses.',
    absolute: true,
  })
