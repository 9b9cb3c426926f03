#!/bin/sh
# Puts back every file that this run changed, newest first, then runs what must follow.
# Works from a rescue console without network or controller. On a mounted disk give its root:
#   sh /mnt/var/lib/runbook/runs/RUN/undo.sh /mnt     (then nothing is run afterwards)
# A file that is already as before is left alone; one that somebody else changed since is reported.
umask 077
root=${1-}
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(cd "$here" && pwd) || exit 1
open_questions=0

fingerprint() {
  current=absent
  [ -e "$1" ] && current=$(sha256sum <"$1") && current=sha256:${current%% *}
}

put_back() {
  if [ "$before" = absent ]; then
    rm -f -- "$file"
    return
  fi
  source=$here/kept/${before#sha256:}
  beside=${file%/*}/.runbook-undo
  rm -f -- "$beside"
  set -C
  true >"$beside"
  made=$?
  set +C
  [ "$made" -eq 0 ] && [ "$(sha256sum <"$source")" = "${before#sha256:}  -" ] && cat "$source" >"$beside" &&
    make_like && chown "$owner" "$beside" && chmod "$mode" "$beside" || return 1
  case $label in '?' | -) ;; *) chcon "$label" "$beside" ;; esac
  sync "$beside" && mv -f -- "$beside" "$file" && sync "${file%/*}/"
}

# The cp of a rescue console may know modes alone: the bytes are worth more than what it cannot give back.
make_like() {
  like_it=$(printf %s "$path" | sha256sum)
  like_it=$here/kept/like.${like_it%% *}
  ! [ -f "$like_it" ] || cp -a --attributes-only --no-preserve=timestamps -- "$like_it" "$beside" 2>/dev/null ||
    echo "without its access list and extended attributes: $path"
}

if [ -f "$here/manifest" ]; then
  tac "$here/manifest" >"$here/undo.list" || exit 1
  while IFS=' ' read -r before after mode owner label step path; do
    path=${path%:}
    file=$root$path
    fingerprint "$file"
    [ "$current" = "$before" ] && continue
    if [ "$current" != "$after" ] && [ "$after" != unknown ]; then
      echo "left alone: $path is neither what step $step found nor what it left"
      open_questions=$((open_questions + 1))
    elif [ "$current" != absent ] && ! cat "$file" >"$here/kept/${current#sha256:}"; then
      echo "left alone: no room to keep $path as it is"
      open_questions=$((open_questions + 1))
    elif put_back; then
      echo "put back: $path"
    else
      echo "FAILED: $path"
      open_questions=$((open_questions + 1))
    fi
  done <"$here/undo.list"
  rm -f "$here/undo.list"
fi

if [ -f "$here/rescue" ]; then
  while IFS= read -r words; do
    if [ -n "$root" ]; then
      echo "not run, the root is elsewhere: $words"
      continue
    fi
    echo "running: $words"
    sh -c "$words" </dev/null || open_questions=$((open_questions + 1))
  done <"$here/rescue"
fi
[ "$open_questions" -eq 0 ]
