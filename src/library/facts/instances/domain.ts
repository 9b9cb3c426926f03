import { sh } from '../../../model/command.ts'
import { CommandFailed } from '../../../model/errors.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { type Domain, readDomain } from '../../formats/libvirt/domain.ts'
import { answered, present } from '../answered.ts'

const SILENT = 3

/**
 * A guest by its name or UUID; null where libvirt has none such. Throws CommandFailed where libvirt does not answer.
 * What it asks for holds no secrets: those of a guest are shown only to who may change it.
 */
export const domain = (wanted: string): Fact<Domain | null> =>
  fact(
    sh`virsh -r uri >/dev/null || exit ${SILENT}; i=$(virsh -r dominfo --domain ${wanted} 2>/dev/null) || exit 0; printf -- '--- info\\n%s\\n' "$i"; echo '--- state'; virsh -r domstate --domain ${wanted}; echo '--- job'; virsh -r domjobinfo --domain ${wanted} 2>/dev/null; echo '--- next'; virsh -r dumpxml --inactive --domain ${wanted}; echo '--- now'; virsh -r dumpxml --domain ${wanted}; echo '--- process'; p=$(cat "/run/libvirt/qemu/$(printf '%s\\n' "$i" | sed -n 's/^Name: *//p').pid" 2>/dev/null) && grep -E '^(VmRSS|HugetlbPages):' "/proc/$p/status"; true`,
    (answer) => {
      if (answer.exitCode === SILENT) {
        throw new CommandFailed(`libvirt does not answer: ${answer.stderr.trim()}`, {
          code: 'E_GUESTS_UNKNOWN',
          exitCode: answer.exitCode,
          tail: answer.stderr,
          remedy: 'Start libvirt: systemctl status libvirtd.service virtqemud.socket.',
        })
      }
      const text = answered(answer, `its guest ${wanted}`)
      return text.trim() === '' ? null : present(readDomain(text), `the description of guest ${wanted}`)
    },
  )
