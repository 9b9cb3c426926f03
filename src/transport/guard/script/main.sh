# The first line of every answer is its verdict; what follows belongs to it.
verdict() {
  printf '%s\n' "$*"
}

# Ends with a verdict that names a code; the words of the tool that failed follow.
refuse() {
  verdict "refused $*"
  [ -s "$errors" ] && cat "$errors"
  exit 0
}

# Waits for the mutex that is held around the owner's swap and around each single change.
take_mutex() {
  exec 9>>"$home/mutex"
  if flock -w "$1" 9; then
    errors=$home/errors
    exec 8>&2 2>"$errors"
    return
  fi
  still_running && refuse_for_running
  refuse "E_STILL_RUNNING another change holds the mutex of this host"
}

# Sets marker_* of the change that began last, and running to its run, if its marker is still there.
still_running() {
  [ -r "$home/running" ] && IFS= read -r last <"$home/running" && [ -f "$last" ] && read_marker "$last" || return 1
  running=${last#"$home/runs/"}
  running=${running%%/*}
  [ "$marker_state" = running ]
}

refuse_for_running() {
  refuse "E_STILL_RUNNING run=$running step $marker_step of run $running is still running"
}

# The token is read again inside the mutex: a controller that was frozen meanwhile finds another owner here.
check_token() {
  read_owner
  [ "$owner_state" = owned ] && [ "$owner_epoch" = "$epoch" ] && [ "$owner_run" = "$run" ] &&
    [ "$owner_random" = "$random" ] && return
  verdict stale
  print_owner
  exit 0
}

# A change whose supervisor was killed goes on without the mutex: it is waited for.
wait_for_running() {
  waited=0
  while still_running; do
    [ "$waited" -lt "$1" ] || refuse_for_running
    sleep 1
    waited=$((waited + 1))
  done
}

write_owner() {
  printf '%s\n' "state=$owner_state" "epoch=$owner_epoch" "run=$owner_run" "random=$owner_random" \
    "journal=$owner_journal" "controller=$owner_controller" "boot=$owner_boot" "since=$owner_since" \
    "head=$owner_head" "lease=$owner_lease" >"$home/owner.new" &&
    sync "$home/owner.new" && mv -f "$home/owner.new" "$home/owner" && sync "$home" ||
    refuse 'E_WRITE_FAILED the owner record cannot be written'
}

note() {
  logger -t runbook -- "$*" >/dev/null 2>&1 8>&- 9>&- &
}

verb=$1
shift
for word; do
  value=${word#*=}
  case $word in
    run=*) run=$value ;;
    epoch=*) epoch=$value ;;
    random=*) random=$value ;;
    journal=*) journal=$value ;;
    controller=*) controller=$value ;;
    least=*) least=$value ;;
    lease=*) lease=$value ;;
    head=*) head=$value ;;
    old=*) old=$value ;;
    key=*) key=$value ;;
    step=*) step=$value ;;
    act=*) act=$value ;;
    attempt=*) attempt=$value ;;
    n=*) n=$value ;;
    kind=*) kind=$value ;;
    limit=*) limit=$value ;;
    path=*) path=$value ;;
    expected=*) expected=$value ;;
    content=*) content=$value ;;
    mode=*) mode=$value ;;
    unit=*) unit=$value ;;
    pays=*) pays=$value ;;
    rescue=*) rescue=$value ;;
    span=*) span=$value ;;
    runs=*) runs=$value ;;
  esac
done
folder=$home/runs/${run-}
errors=/dev/null
read_boot
"verb_$verb"
