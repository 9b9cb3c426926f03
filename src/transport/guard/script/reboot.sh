# The reboot is one conditional request, so that sending it again never reboots twice.
verb_reboot() {
  take_mutex 60
  check_token
  if [ "$boot" != "$old" ]; then
    verdict other-boot
    exit 0
  fi
  name=runbook-reboot-$run
  if systemctl is-active --quiet "$name.timer" || systemctl is-active --quiet "$name.service"; then
    verdict already-requested
    exit 0
  fi
  # A request that failed, as under an inhibitor, leaves its unit behind, and systemd would refuse the same name.
  systemctl reset-failed "$name.timer" "$name.service" 2>/dev/null
  # Without the accuracy the timer was measured to fire half a minute late.
  if ! systemd-run --unit="$name" --on-active=2 --timer-property=AccuracySec=100ms systemctl reboot </dev/null >/dev/null 9>&-; then
    # On its way down systemd takes no new unit, and at the end of it does not even answer.
    case $(systemctl is-system-running 2>/dev/null) in
    stopping | offline | unknown | '')
      verdict going-down
      exit 0
      ;;
    esac
    refuse 'E_REBOOT_NOT_REQUESTED systemd did not take the request'
  fi
  note "run $run asked for a reboot"
  verdict requested
}

verb_cancel() {
  take_mutex 60
  check_token
  name=runbook-reboot-$run
  answer=none
  systemctl is-active --quiet "$name.timer" && systemctl stop "$name.timer" && answer=stopped
  # It may have fired while it was being stopped.
  case $(systemctl show -p ActiveState "$name.service") in *=active | *=activating) answer=too-late ;; esac
  [ "$(systemctl is-system-running)" = stopping ] && answer=too-late
  verdict "$answer"
}
