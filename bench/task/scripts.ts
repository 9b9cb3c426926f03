import { quote } from '../../src/model/command.ts'
import { FILES, FOLDER, LINES, QUESTIONS, UNIT } from './ten-steps.ts'

/** A call for each step, of functions that a script defines before. */
const CALLS = [
  `folder ${FOLDER}`,
  ...QUESTIONS.map((question) => `${question} >/dev/null`),
  ...LINES.map(({ path, line, instead }) => `line ${path} ${quote(line)} ${quote(instead)}`),
  ...[...FILES, UNIT].map(({ path, text }) => `file ${path} ${quote(text)}`),
].join('\n')

/** Prints the text of a file with the line in it: `edited PATH LINE INSTEAD`. */
const EDITED = `edited() {
  awk -v line="$2" -v instead="$3" '!done && index($0, instead) == 1 { $0 = line; done = 1 } { print }
    END { if (!done) print line }' "$1"
}
`

/** The work and nothing beside it. */
export const BARE = `set -e
${EDITED}folder() { mkdir -p -m 755 "$1"; }
line() {
  grep -qxF -- "$2" "$1" && return
  edited "$@" >"$1.new"
  cat "$1.new" >"$1"
  rm "$1.new"
}
file() {
  now=$(cat "$1" 2>/dev/null || :; echo .)
  [ "$now" = "$2." ] || printf %s "$2" >"$1"
}
${CALLS}
`

/**
 * The same work with what our guard on the host also does, written as one would write it for this task alone: an owner
 * who is looked at under a mutex before each change, a durable mark before it and behind it, the file compared with what
 * was found, its bytes kept, the new file durable before it takes the place of the old one.
 */
export const SAME_DUTIES = `set -e
umask 077
${EDITED}home=/var/lib/runbook run=$home/runs/bench
owner() {
  printf '%s\\n' "state=$1" epoch=1 run=bench >$home/owner.new
  sync $home/owner.new
  mv $home/owner.new $home/owner
  sync $home
}
own() {
  [ -n "\${owned-}" ] && return
  owned=yes
  mkdir -p $run/markers $run/kept
  exec 9>>$home/mutex
  flock 9
  owner owned
  flock -u 9
}
begin() {
  own
  flock 9
  while IFS= read -r word; do [ "$word" = run=bench ] && ours=yes; done <$home/owner
  [ "$ours" = yes ]
  marker=$run/markers/$1
}
mark() {
  printf '%s\\n' "step=$1" "pid=$$" >$marker
  shift
  sync $marker $run/markers "$@"
}
done_with() {
  echo exit=0 >>$marker
  sync $marker "$2"
  flock -u 9
  logger -t runbook -- "$1 is done" >/dev/null 2>&1 9>&- &
}
folder() {
  [ -d "$1" ] && return
  begin folder
  mark folder
  mkdir -m 755 "$1"
  done_with folder $run/markers
}
line() {
  found=$(sha256sum <"$1")
  grep -qxF -- "$2" "$1" && return
  swap "$1" "$(edited "$@"; echo .)"
}
file() {
  found=absent
  if [ -e "$1" ]; then
    now=$(cat "$1"; echo .)
    [ "$now" = "$2." ] && return
    found=$(sha256sum <"$1")
  fi
  swap "$1" "$2."
}
swap() {
  name=\${1##*/}
  begin "$name"
  beside=\${1%/*}/.runbook-bench kept=
  attributes='0 -'
  printf %s "\${2%.}" >"$beside"
  now=absent
  if [ -e "$1" ]; then
    sums=$(sha256sum "$1" "$beside")
    now=\${sums%% *}
    now="$now  -"
    attributes=$(stat -c '%a %u:%g' "$1")
    kept=$run/kept/\${now%% *}
    cp -a "$1" $kept
    cp -a --attributes-only "$1" "$beside"
  else
    sha256sum "$beside" >/dev/null
    chmod 644 "$beside"
  fi
  [ "$now" = "$found" ]
  echo "$now $attributes $1" >>$run/manifest
  mark "$name" $run/manifest $run \${kept:+$kept} $run/kept "$beside"
  mv "$beside" "$1"
  done_with "$1" "\${1%/*}"
}
${CALLS}
if [ -n "\${owned-}" ]; then
  flock 9
  owner released
fi
`
