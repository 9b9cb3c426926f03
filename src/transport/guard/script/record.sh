# Reads the records of a host. Writes nothing, and needs nothing but a shell and /proc.
home=/var/lib/runbook
newline='
'

# Sets owner_* from the owner record; an absent record is nobody's, of epoch 0.
read_owner() {
  owner_state=none owner_epoch=0 owner_run= owner_random= owner_journal= owner_controller= owner_boot= owner_since=0 owner_head= owner_lease=0
  [ -r "$home/owner" ] || return 0
  while IFS= read -r line; do
    case $line in
      state=*) owner_state=${line#*=} ;;
      epoch=*) owner_epoch=${line#*=} ;;
      run=*) owner_run=${line#*=} ;;
      random=*) owner_random=${line#*=} ;;
      journal=*) owner_journal=${line#*=} ;;
      controller=*) owner_controller=${line#*=} ;;
      boot=*) owner_boot=${line#*=} ;;
      since=*) owner_since=${line#*=} ;;
      head=*) owner_head=${line#*=} ;;
      lease=*) owner_lease=${line#*=} ;;
    esac
  done <"$home/owner"
}

print_owner() {
  [ "$owner_state" = none ] && return
  printf '%s\n' "state=$owner_state" "epoch=$owner_epoch" "run=$owner_run" "random=$owner_random" \
    "journal=$owner_journal" "controller=$owner_controller" "boot=$owner_boot" "since=$owner_since" \
    "head=$owner_head" "lease=$owner_lease" "now=$(date +%s)"
}

read_boot() {
  read -r boot </proc/sys/kernel/random/boot_id
}

# Sets started to the start time of a process in clock ticks since boot; fails when there is none, or only its remains.
read_start() {
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- ${line##*) }
  started=${20}
  [ "$1" != Z ]
}

# The same process as then, not another that was given its number.
is_alive() {
  read_start "$1" && [ "$started" = "$2" ]
}

# Sets marker_* from a marker file; fails for one whose writing never ended: nothing was begun then.
read_marker() {
  marker_step= marker_act= marker_attempt= marker_n= marker_kind= marker_boot= marker_pid= marker_start= marker_by= marker_bystart= marker_exit=
  while IFS= read -r line; do
    case $line in
      step=*) marker_step=${line#*=} ;;
      act=*) marker_act=${line#*=} ;;
      attempt=*) marker_attempt=${line#*=} ;;
      n=*) marker_n=${line#*=} ;;
      kind=*) marker_kind=${line#*=} ;;
      boot=*) marker_boot=${line#*=} ;;
      pid=*) marker_pid=${line#*=} ;;
      start=*) marker_start=${line#*=} ;;
      by=*) marker_by=${line#*=} ;;
      bystart=*) marker_bystart=${line#*=} ;;
      exit=*) marker_exit=${line#*=} ;;
    esac
  done <"$1"
  [ -n "$marker_bystart" ] || return 1
  marker_state=gone
  if [ -n "$marker_exit" ]; then
    marker_state=ended
  elif [ "$marker_boot" = "$boot" ]; then
    if is_alive "$marker_pid" "$marker_start" || is_alive "$marker_by" "$marker_bystart"; then
      marker_state=running
    # A group without its leader: what the command started goes on after both were killed.
    elif ! [ -e "/proc/$marker_pid" ] && kill -s 0 -- "-$marker_pid" 2>/dev/null; then
      marker_state=running
    fi
  fi
}

# Calls a function for each marker of a run that was begun.
each_marker() {
  for marker_file in "$home/runs/$1/markers"/*; do
    [ -f "$marker_file" ] && read_marker "$marker_file" && "$2"
  done
  return 0
}

print_marker() {
  printf '%s\n' "marker=$marker_act $marker_attempt $marker_n $marker_state ${marker_exit:--} $marker_step"
}
