# One change: under the mutex, by the owner of the token, with a marker before and after.
verb_change() {
  # Whoever waits for the answer may be gone by now: the change goes on all the same.
  trap '' PIPE HUP
  marker=$folder/markers/$key
  stage=$folder/stage/$key.$epoch
  manifest=$folder/manifest
  take_mutex 60
  check_token
  wait_for_running "${limit%.*}"
  [ -e "$marker" ] && refuse "E_BEGUN_BEFORE change $n of attempt $attempt at $step was begun before"
  remember_rescue
  "change_$kind"
}

# Words that undo.sh runs after it has put files back, each once.
remember_rescue() {
  [ -n "${rescue-}" ] || return 0
  if [ -f "$folder/rescue" ]; then
    while IFS= read -r line; do [ "$line" = "$rescue" ] && return; done <"$folder/rescue"
  fi
  printf '%s\n' "$rescue" >>"$folder/rescue" && sync "$folder/rescue" "$folder"
}

# The note that a unit must notice this change. `any` stands until its InvocationID is known.
owe() {
  [ -n "${unit-}" ] || return 0
  owed=$home/pending/$unit
  echo any >"$owed"
}

settle_debt() {
  [ -n "${unit-}" ] && command -v systemctl >/dev/null || return 0
  id=$(systemctl show -p InvocationID -- "$unit" 9>&-) || return 0
  case $id in
    InvocationID=?*) echo "${id#*=}" >"$owed" ;;
    # A unit that never ran owes nothing. A systemd before 232 says nothing at all: `any` stands until it is paid.
    InvocationID=) rm -f -- "$owed" ;;
  esac
}

# Durable before the change begins: after a death the marker tells that it did.
begin() {
  read_start "$1" || started=0
  pid=$1 start=$started
  read_start "$$"
  printf '%s\n' "step=$step" "act=$act" "attempt=$attempt" "n=$n" "kind=$2" "boot=$boot" "pid=$pid" "start=$start" \
    "by=$$" "bystart=$started" >"$marker" && printf '%s\n' "$marker" >"$home/running" || return 1
  shift 2
  sync "$marker" "$folder/markers" ${owed+"$owed" "$home/pending"} "$@"
}

change_command() {
  owe
  out=$folder/output/$key.out err=$folder/output/$key.err
  : >"$out" && : >"$err" || refuse 'E_WRITE_FAILED no room for the output'
  timeout=/usr/bin/timeout
  [ -x "$timeout" ] || timeout=/bin/timeout
  keep_bounded >/dev/null 2>&1 8>&- 9>&- &
  watcher=$!
  read -r up rest </proc/uptime
  since=${up%.*}
  (
    read -r line </proc/self/stat
    begin "${line%% *}" command || { rm -f -- "$marker"; exit 1; }
    # A daemon that the command starts must inherit neither the mutex nor our streams, nor deafness to signals.
    trap - PIPE HUP
    exec "$timeout" -k 10 "$limit" /bin/sh "$stage" </dev/null >>"$out" 2>>"$err" 8>&- 9>&-
  )
  code=$?
  kill "$watcher"
  [ -e "$marker" ] || refuse 'E_WRITE_FAILED the marker cannot be written, nothing was begun'
  read -r up rest </proc/uptime
  late=0
  case $code in 124 | 137) [ $((${up%.*} - since)) -ge "${limit%.*}" ] && late=1 ;; esac
  # Those of the group that did not heed TERM while their parent did.
  [ "$late" = 1 ] && read_marker "$marker" && kill -s KILL -- "-$marker_pid"
  settle_kept
  echo "exit=$code" >>"$marker"
  settle_debt
  [ -n "${pays-}" ] && [ "$code" = 0 ] && rm -f -- "$home/pending/$pays"
  sync "$marker" "$home/pending"
  : >"$stage"
  note "run $run: $step $act $attempt.$n exit $code"
  verdict "ended $code $late"
  show "$out"
  show "$err" >&8
}

# A flood is cut to its beginning and its end while the command runs.
keep_bounded() {
  while sleep 1 && kill -s 0 "$$"; do
    for flood in "$out" "$err"; do
      [ "$(stat -c %s "$flood")" -gt 1048576 ] && cut_flood "$flood"
    done
  done
}

cut_flood() {
  [ -e "$1.head" ] || head -c 65536 "$1" >"$1.head"
  tail -c 65536 "$1" >"$1.tail"
  : >"$1"
}

show() {
  if ! [ -e "$1.head" ]; then
    [ -s "$1" ] || return 0
    if [ "$(stat -c %s "$1")" -le 262144 ]; then
      cat "$1"
      return
    fi
    cut_flood "$1"
  fi
  cat "$1.tail" "$1" | tail -c 65536 >"$1.end"
  printf '\n[the middle is left out]\n' | cat "$1.head" - "$1.end" >"$1" && rm -f "$1.head" "$1.tail" "$1.end"
  cat "$1"
}
