# A dead-man's switch: unless it is disarmed in time, the host reverts a change by itself.
# Its file holds one word, read and changed under the mutex alone: so firing and disarming cannot both win.
read_switch() {
  switch=$folder/switches/$key
  switch_state=none switch_end=
  [ -r "$switch" ] && { IFS= read -r switch_state && IFS= read -r switch_end; } <"$switch"
}

write_switch() {
  echo "$1" >"$switch.new" && sync "$switch.new" && mv -f "$switch.new" "$switch" && sync "$folder/switches" ||
    refuse 'E_WRITE_FAILED the switch cannot be written'
}

verb_arm() {
  command -v systemd-run >/dev/null || refuse 'E_HOST_LACKS a dead-man switch needs systemd-run'
  take_mutex 60
  check_token
  mkdir -p "$folder/switches"
  replace_switch
  read_switch
  write_switch armed
  name=runbook-switch-$run
  systemctl stop "$name.timer" 2>/dev/null
  systemctl reset-failed "$name.timer" "$name.service" 2>/dev/null
  systemd-run --unit="$name" --on-active="$span" --timer-property=AccuracySec=100ms \
    /bin/sh "$0" fire "run=$run" "key=$key" "limit=$limit" </dev/null >/dev/null 9>&- || {
    write_switch disarmed
    refuse 'E_NOT_ARMED systemd did not take the switch, nothing was begun'
  }
  note "run $run armed its switch for $span s"
  verdict "armed $replaced"
}

# The last one that was armed before: from here on it cannot fire any more, unless it has; what that began is brought to
# its end. It is not always the one of the attempt before: a controller may have died before it armed that.
replace_switch() {
  new=$key n=${key##*.} replaced=none
  while [ "$n" -gt 1 ]; do
    n=$((n - 1))
    [ -f "$folder/switches/${new%.*}.$n" ] && break
  done
  key=${new%.*}.$n
  [ "$key" = "$new" ] && return
  read_switch
  [ "$switch_state" = armed ] && write_switch disarmed && switch_state=disarmed
  finish_firing && read_switch
  replaced=$switch_state key=$new
  [ "$switch_state $switch_end" = 'fired exit=0' ] && replaced=reverted
}

# By the timer, or at once by the owner of the token.
verb_fire() {
  trap '' PIPE HUP
  end_switched
  take_mutex 60
  read_switch
  if [ "$switch_state" != armed ]; then
    finish_firing
    [ "$switch_state" = fired ] && switch_state=had-fired
    verdict "$switch_state"
    exit 0
  fi
  [ -n "${epoch-}" ] && check_token
  read_owner
  # Whoever still believes to own the host is refused from here on.
  if [ "$owner_run" = "$run" ]; then
    owner_epoch=$((owner_epoch + 1)) owner_random=fired
    write_owner
  fi
  write_switch fired
  revert_now
  note "run $run did not disarm its switch in time: reverted, exit $code"
  [ -n "${epoch-}" ] && systemctl stop "runbook-switch-$run.timer" 2>/dev/null
  verdict fired
}

revert_now() {
  /usr/bin/timeout -k 10 "${limit:-600}" /bin/sh "$folder/stage/$key" </dev/null >"$folder/switches/$key.out" 2>&1 9>&-
  code=$?
  echo "exit=$code" >>"$switch" && sync "$switch"
}

# The host lost power between firing and the end of the revert: it is done again, for its end was not seen.
finish_firing() {
  [ "$switch_state" = fired ] && [ -z "$switch_end" ] && revert_now
  return 0
}

# Who takes a run off this host has it put back what nobody else would. Prints the steps.
fire_armed() {
  for armed in "$folder/switches"/*.switch.*; do
    case $armed in *.new | *.out) continue ;; esac
    [ -f "$armed" ] || continue
    key=${armed##*/}
    read_switch
    [ "$switch_state" = armed ] || continue
    write_switch fired
    revert_now
    echo "${key%.switch.*}"
  done
}

# The change that hangs holds the mutex: it is ended first, if its switch is still armed.
end_switched() {
  read_switch
  [ "$switch_state" = armed ] && end_running >/dev/null
}

verb_disarm() {
  take_mutex 120
  read_switch
  if [ "$switch_state" = armed ]; then
    check_token
    write_switch disarmed
    note "run $run disarmed its switch"
  fi
  stop_idle_timer
  read_switch
  finish_firing
  verdict "$switch_state"
}

# One timer for all switches of a run, of which one is armed at most. Stopped with each disarming: a guard may have been
# killed behind the word that disarmed.
stop_idle_timer() {
  for one in "$folder/switches"/*.switch.*; do
    case $one in *.new | *.out) continue ;; esac
    [ -f "$one" ] && IFS= read -r word <"$one" && [ "$word" = armed ] && return
  done
  systemctl stop "runbook-switch-$run.timer" 2>/dev/null
}
