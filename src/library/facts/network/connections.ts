import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { type Connection, readConnections } from '../../formats/network/connections.ts'

/**
 * The profiles by which NetworkManager manages these interfaces, by interface, with what they say of features; empty
 * where it does not run. One that it merely found up, or makes up anew at each start, keeps nothing and is left out.
 */
export const connectionsOf = (
  names: readonly string[],
  properties: readonly string[],
): Fact<ReadonlyMap<string, Connection>> =>
  fact(
    sh`command -v nmcli >/dev/null || exit 0; for n in ${names}; do printf 'interface %s\\n' "$n"; nmcli -t -f GENERAL.CONNECTION,GENERAL.CON-UUID device show "$n" || continue; u=$(nmcli -g GENERAL.CON-UUID device show "$n"); [ -n "$u" ] || continue; nmcli -t -f UUID,FILENAME connection show | sed -n "s/^$u:/FILENAME:/p"; nmcli -t -f ${properties.join(',')} connection show "$u" && echo KNOWN:yes; done 2>/dev/null; true`,
    ({ stdout }) => readConnections(stdout),
  )
