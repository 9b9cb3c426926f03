# Owner, epoch and life of the records: who may claim is decided here, by the host alone.
verb_claim() {
  may_claim
  take_mutex 30
  may_claim
  still_running && [ "$running" != "$run" ] && refuse_for_running
  mkdir -p "$home/pending" "$folder/markers" "$folder/kept" "$folder/output" "$folder/stage" && write_undo ||
    refuse 'E_WRITE_FAILED the folder of the run cannot be made'
  [ "$owner_epoch" -gt "$least" ] && least=$owner_epoch
  owner_state=owned owner_epoch=$((least + 1)) owner_run=$run owner_random=$random owner_journal=$journal
  owner_controller=$controller owner_boot=$boot owner_since=$(date +%s) owner_head= owner_lease=$lease
  sync "$home/pending" "$home/runs" "$folder" "$folder/undo.sh"
  write_owner
  note "run $run of $controller owns this host, epoch $owner_epoch"
  verdict "claimed $owner_epoch $boot"
}

# Ends with a verdict where it may not. Of two controllers of one run it is the one that took the run up last: the other
# was frozen, and what it claims now it would take from its successor, or leave claimed for ever.
may_claim() {
  read_owner
  if [ "$owner_run" = "$run" ] && [ "$owner_journal" = "$journal" ]; then
    [ "$lease" -ge "$owner_lease" ] && return
    verdict stale
  else
    [ "$owner_state" != owned ] && return
    verdict locked
  fi
  print_owner
  exit 0
}

verb_release() {
  take_mutex 60
  check_token
  owner_state=released owner_head=$head
  write_owner
  note "run $run released this host"
  verdict released
}

# Leaves the record empty but for the epoch, which only ever grows.
verb_unlock() {
  read_owner
  if [ "$owner_state" = owned ] && [ "$owner_run" != "$run" ]; then
    verdict locked
    print_owner
    exit 0
  fi
  ended=$(end_running)
  take_mutex 30
  read_owner
  if [ "$owner_state" = owned ] && [ "$owner_run" = "$run" ]; then
    ended=$ended$newline$(fire_armed)
    command -v systemctl >/dev/null && systemctl stop 'runbook-*.timer' </dev/null >/dev/null 2>&1 9>&-
    owner_state=released owner_epoch=$((owner_epoch + 1)) owner_run= owner_random= owner_journal= owner_controller= owner_head= owner_lease=0
    write_owner
    note "run $run was unlocked, epoch $owner_epoch"
  fi
  verdict "unlocked $owner_epoch"
  printf '%s\n' "$ended"
}

verb_end() {
  ended=$(end_running)
  verdict ended
  printf '%s\n' "$ended"
}

# Ends the groups of commands that still run, TERM first, KILL after ten seconds, and prints their steps.
# A change of a file is over in a moment and is let be: it is whole or it is not there.
end_running() {
  each_marker "$run" ask_to_end
  waited=0
  while [ "$waited" -lt 50 ] && [ -n "$(each_marker "$run" print_running)" ]; do
    sleep 0.2
    waited=$((waited + 1))
  done
  each_marker "$run" force_to_end >/dev/null
}

ask_to_end() {
  [ "$marker_state" = running ] && [ "$marker_kind" = command ] || return 0
  kill -s TERM -- "-$marker_pid" 2>/dev/null
  echo "$marker_step"
}

print_running() {
  [ "$marker_state" = running ] && [ "$marker_kind" = command ] && echo "$marker_step"
}

force_to_end() {
  print_running && kill -s KILL -- "-$marker_pid" 2>/dev/null
}

# Removes what finished runs left. The owner record and the pending restarts are never touched.
verb_clean() {
  take_mutex 60
  read_owner
  verdict cleaned
  for one in $runs; do
    [ "$owner_state" = owned ] && [ "$owner_run" = "$one" ] && continue
    [ -d "$home/runs/$one" ] || continue
    remove_leftovers "$home/runs/$one"
    rm -rf -- "$home/runs/$one" && printf '%s\n' "$one"
  done
}

# A file that was written beside its target when the host lost power.
remove_leftovers() {
  [ -f "$1/manifest" ] || return 0
  while read_entry; do
    beside=${entry_path%/*}/.runbook-${1##*/}
    [ -f "$beside" ] && rm -f -- "$beside"
  done <"$1/manifest"
}
