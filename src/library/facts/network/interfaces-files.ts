import { sh } from '../../../model/command.ts'
import { fact } from '../../../model/fact.ts'

/**
 * The files in which ifupdown is told of interfaces, those that are sourced included; none where it is not installed or
 * has no script that hands features to ethtool.
 */
export const interfacesFiles = fact(
  sh`command -v ifup >/dev/null && [ -x /etc/network/if-up.d/ethtool ] && cd /etc/network && [ -f interfaces ] || exit 0; echo /etc/network/interfaces; for f in $(sed -n 's/^[[:space:]]*source[[:space:]]\\{1,\\}//p' interfaces); do [ -f "$f" ] && echo "$f"; done; for d in $(sed -n 's/^[[:space:]]*source-dir\\(ectory\\)\\{0,1\\}[[:space:]]\\{1,\\}//p' interfaces); do for f in "$d"/*; do case \${f##*/} in *[!a-zA-Z0-9_-]*) ;; *) [ -f "$f" ] && echo "$f" ;; esac; done; done; true`,
  ({ stdout }): readonly string[] => [
    ...new Set(
      stdout
        .split('\n')
        .filter((path) => path !== '')
        .map((path) => (path.startsWith('/') ? path : `/etc/network/${path}`)),
    ),
  ],
)
