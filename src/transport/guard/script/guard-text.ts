import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { quote } from '../../../model/command.ts'

const part = (name: string): string => readFileSync(new URL(`./${name}.sh`, import.meta.url), 'utf8')

const undo = `write_undo() {
  cat >"$folder/undo.sh.new" <<'END_OF_UNDO' && chmod 700 "$folder/undo.sh.new" && mv -f "$folder/undo.sh.new" "$folder/undo.sh"
${part('undo')}END_OF_UNDO
}
`

/** The whole guard: definitions first, then the part that reads its arguments and calls a verb. */
export const GUARD_TEXT = [
  part('record'),
  part('owner'),
  part('change'),
  part('files'),
  part('reboot'),
  part('switch'),
  undo,
  part('main'),
].join('\n')

/** Where the guard lies on a host. Its name tells its content, so that two versions never meet. */
export const GUARD_PATH = `/var/lib/runbook/guard-${createHash('sha256').update(GUARD_TEXT).digest('hex').slice(0, 16)}.sh`

/** What the guard needs beside a shell; a plan needs less. */
const TOOLS =
  'flock setsid timeout sync sha256sum base64 stat readlink mkdir chmod chown cat cp mv rm head tail date sleep kill'

/** Read-only: owner, boot id and markers of a run. */
export const inspectText = (run: string): string => `run=${quote(run)}\n${part('record')}\n${part('inspect')}`

/** Puts the guard on the host, whole or not at all: silently, or it ends the shell with a verdict. */
export const installText = (): string => `
lacking=
for tool in ${TOOLS}; do command -v "$tool" >/dev/null 2>&1 || lacking="$lacking $tool"; done
[ -z "$lacking" ] || { echo "lacks$lacking"; exit 0; }
home=/var/lib/runbook new=${GUARD_PATH}.$$
mkdir -p -m 700 "$home" "$home/runs" || { echo 'refused E_WRITE_FAILED /var/lib/runbook cannot be made'; exit 0; }
[ -O "$home" ] && ! [ -L "$home" ] || { echo 'refused E_NOT_PRIVATE /var/lib/runbook is not a folder of root'; exit 0; }
chmod 700 "$home"
printf %s ${quote(GUARD_TEXT)} >"$new" && chmod 700 "$new" && sync "$new" && mv -f "$new" ${GUARD_PATH} && sync "$home" ||
  { rm -f "$new"; echo 'refused E_WRITE_FAILED the guard cannot be written to /var/lib/runbook'; exit 0; }`

/**
 * What was root's alone when the guard was installed may have been opened since: then anybody may have written the
 * guard. A link shows mode 777 here.
 */
const STILL_PRIVATE = `case $(stat -c %u:%a /var/lib/runbook ${GUARD_PATH}) in
"0:"*[0145][0145]"
0:"*[0145][0145]) ;;
*) echo 'refused E_NOT_PRIVATE /var/lib/runbook or the guard in it is not of root alone any more'; exit 0 ;;
esac`

/** One call of the installed guard; without it the verdict is `absent`. `survives`: in a session of its own. */
export function callText(verb: string, words: Readonly<Record<string, string | number>>, survives = false): string {
  const args = Object.entries(words).map(([key, value]) => quote(`${key}=${value}`))
  const call = `${survives ? 'setsid ' : ''}/bin/sh ${GUARD_PATH} ${verb} ${args.join(' ')}`
  return `[ -f ${GUARD_PATH} ] || { echo absent; exit 0; }\n${STILL_PRIVATE}\n${call}`
}
