import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { type Features, readFeatures } from '../../formats/network/features.ts'
import { readNics } from '../../formats/network/nics.ts'
import { answered } from '../answered.ts'
import { findClient } from './ssh-client.ts'

/** All network interfaces and what they are. Taps of guests are only named: there can be hundreds. */
export const nics = fact(
  sh`t=$(command -v ethtool) && printf 'ethtool %s\\n' "$t"; for d in /sys/class/net/*; do [ -e "$d/ifindex" ] || continue; n=\${d##*/}; printf 'interface %s\\n' "$n"; if [ -e "$d/tun_flags" ]; then echo tun; continue; fi; [ -e "$d/bonding" ] && echo bond; [ -e "$d/device/physfn" ] && echo function; for l in "$d"/lower_*; do [ -e "$l" ] && printf 'below %s\\n' "\${l##*/lower_}"; done; printf 'address %s\\n' "$(cat "$d/address" 2>/dev/null)"; [ -n "$t" ] && { ethtool -i "$n" | sed -n 's/^driver: /driver /p; s/^bus-info: /bus /p'; ethtool -P "$n" | sed -n 's/^Permanent address: /permanent /p'; } 2>/dev/null; udevadm info -q property -p "/sys/class/net/$n" 2>/dev/null | sed -n 's/^ID_PATH=/path /p; s/^ID_NET_LINK_FILE=/link /p'; done; true`,
  (answer) => readNics(answered(answer, 'its network interfaces')),
)

/** The features of these interfaces, by interface; one that gave no answer is left out. */
export const featuresOf = (names: readonly string[]): Fact<ReadonlyMap<string, Features>> =>
  fact(
    sh`for n in ${names}; do printf 'interface %s\\n' "$n"; ethtool --json -k "$n" 2>/dev/null || ethtool -k "$n" 2>/dev/null; done; true`,
    (answer) => readFeatures(answered(answer, `the features of ${names.join(', ')}`)),
  )

/** The interface over which the host reaches whoever asks; null where that cannot be found out. */
export const lineDevice: Fact<string | null> = fact(
  sh`${findClient} && ip -o route get "$c"`,
  ({ exitCode, stdout }) => (exitCode === 0 ? (/ dev (\S+)/.exec(stdout)?.[1] ?? null) : null),
)
