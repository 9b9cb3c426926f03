import { createHash } from 'node:crypto'
import type { HostModel } from '../../../src/rehearsal/hosts/host-model.ts'
import { type FakeHost, type FakeProgram, fingerprint, textFile, textOf } from '../../../src/testing.ts'
import { type FakeHypervisor, fakeHypervisor } from '../fake-hypervisor.ts'
import { hostWith } from '../fake-questions.ts'
import { booted, type Files, inRoom, laidOut } from './machine-room.ts'

const BELONGS = /^\/(boot|etc\/default|etc\/kernel|sys\/firmware)\//

/**
 * A hypervisor in memory whose boot loader is that of a test host of the RHEL family: its files are laid out, edited and
 * booted by the same programs. Links are not known here, so it starts by BIOS.
 */
export function fakeRhel(model: HostModel = {}, changes: Readonly<Record<string, string>> = {}): FakeHypervisor {
  const bios: HostModel = { firmware: 'bios', ...model }
  const base = fakeHypervisor({ os: 'rocky\t9.4\trhel centos fedora\n' })
  for (const path of [...base.host.files.keys()].filter((path) => BELONGS.test(path))) base.host.files.delete(path)
  const boot = (host: FakeHost) => {
    base.state.commandLine = booted(bios, filesOf(host))
    base.memory.boot(base.state.commandLine)
  }
  const host = hostWith(base.host, { files: {}, commands: programs(bios), onBoot: boot })
  for (const [path, text] of [...laidOut(bios), ...Object.entries(changes)]) host.files.set(path, textFile(text))
  boot(host)
  return { ...base, host }
}

/** What the boot loader is asked and told, by real shells and the stand-ins of test hosts. */
const programs = (model: HostModel): readonly FakeProgram[] => [
  [
    /^(?:grubby --update|grub2-editenv - set|grub2-mkconfig -o|if command -v grubby)[\s\S]*/,
    (host, [script]) => {
      const { files, ...answer } = inRoom(model, filesOf(host), script)
      for (const [path, text] of files) if (textOf(host, path) !== text) host.files.set(path, textFile(text))
      return answer
    },
  ],
  [
    /^[\s\S]*(?:grub2|grubby|\/boot\/|\/etc\/default\/grub|GRUB_CMDLINE)[\s\S]*$/,
    (host, [script]) => {
      const { files: _files, ...answer } = inRoom(model, filesOf(host), script)
      return { ...answer, stdout: inFakeHashes(host, answer.stdout) }
    },
  ],
]

const filesOf = (host: FakeHost): Files =>
  new Map([...host.files.keys()].filter((path) => BELONGS.test(path)).map((path) => [path, textOf(host, path) ?? '']))

/** A fake host has hashes of its own. */
const inFakeHashes = (host: FakeHost, text: string): string =>
  [...host.files.values()].reduce((all, { bytes }) => {
    const real = createHash('sha256').update(bytes).digest('hex')
    return all.replaceAll(real, fingerprint(bytes).replace('sha256:', ''))
  }, text)
