# Files are changed by compare-and-swap: kept, written beside, made durable, renamed.

# Sets entry_* from the next line of a manifest. The path is closed by a colon, so that blanks at its end count.
read_entry() {
  IFS=' ' read -r entry_before entry_after entry_mode entry_owner entry_label entry_step entry_path || return 1
  entry_path=${entry_path%:}
}

# Sets target and directory: what a symbolic link points to is what is changed.
resolve() {
  target=$path
  [ -L "$path" ] && target=$(readlink -f -- "$path")
  case $target in /*) ;; *) refuse "E_FILE_PATH $path leads nowhere" ;; esac
  [ -d "$target" ] && refuse "E_FILE_IS_DIRECTORY $path is a directory"
  [ -e "$target" ] && ! [ -f "$target" ] && refuse "E_FILE_SPECIAL $path is no regular file"
  directory=${target%/*}
  [ -n "$directory" ] || directory=/
  [ -d "$directory" ] || refuse "E_NO_DIRECTORY $directory does not exist"
  [ -w "$directory" ] || refuse "E_FILE_IMMUTABLE $directory cannot be written: it is immutable, or its file system is read-only"
  [ -e "$target" ] && ! [ -w "$target" ] &&
    refuse "E_FILE_IMMUTABLE $target cannot be written: it is immutable, or its file system is read-only"
  beside=${directory%/}/.runbook-$run
}

# Made anew: a link that somebody planted under this name in a folder open to all would lead elsewhere.
make_beside() {
  { [ -e "$beside" ] || [ -L "$beside" ]; } && rm -f -- "$beside"
  set -C
  true >"$beside"
  made=$?
  set +C
  return "$made"
}

# Sets actual, the fingerprint of the target.
identify() {
  actual=absent
  if [ -f "$target" ]; then
    actual=$(sha256sum <"$target") || refuse "E_FILE_UNREADABLE $target cannot be read"
    actual=sha256:${actual%% *}
  fi
}

expect() {
  [ "$actual" = "$expected" ] && return
  verdict "conflict $actual"
  exit 0
}

# Keeps the bytes under their fingerprint, and writes down what will become of the file: before, after, mode, owner, label.
keep_before() {
  attributes='0 - -' kept= like_it=
  if [ "$actual" != absent ]; then
    label=-
    [ -e /sys/fs/selinux/enforce ] && label=%C
    attributes=$(stat -c "%a %u:%g $label" -- "$target") || refuse "E_FILE_UNREADABLE $target cannot be read"
    kept=$folder/kept/${actual#sha256:}
    # A file of that name may have been cut short when the host lost power.
    [ -f "$kept" ] && [ "$(sha256sum <"$kept")" = "${actual#sha256:}  -" ] || cat "$target" >"$kept" ||
      refuse "E_WRITE_FAILED the bytes of $target cannot be kept"
    keep_attributes
  fi
  printf '%s\n' "$actual $1 $attributes $step $target:" >>"$manifest" || refuse 'E_WRITE_FAILED the manifest cannot be written'
}

# What mode and owner do not tell, such as access lists: on an empty file, as this run found it first. A host whose cp
# cannot do this keeps mode, owner and label alone.
keep_attributes() {
  like_it=$(printf %s "$target" | sha256sum)
  like_it=$folder/kept/like.${like_it%% *}
  [ -f "$like_it" ] ||
    { cp -a --attributes-only -- "$target" "$like_it.new" && mv -f -- "$like_it.new" "$like_it"; } 2>/dev/null || like_it=
}

# Everything that undo.sh needs is durable before the file changes.
begin_swap() {
  begin "$$" file "$manifest" "$folder" ${kept:+"$kept" ${like_it:+"$like_it"} "$folder/kept"} "$@" && return
  rm -f -- "$marker" "$beside"
  refuse "E_WRITE_FAILED $target is as it was"
}

end_swap() {
  echo 'exit=0' >>"$marker"
  settle_debt
  sync "$directory" "$marker" ${owed+"$home/pending"}
  note "run $run: $step $act $attempt.$n $kind $target"
  verdict "done $1"
}

abandon() {
  echo 'exit=1' >>"$marker"
  [ -e "$beside" ] && rm -f -- "$beside"
  refuse "$*"
}

change_write() {
  resolve
  if [ -f "$target" ]; then
    sums=$(sha256sum -- "$target" "$stage") || refuse "E_FILE_UNREADABLE $target or its new content cannot be read"
    actual=${sums#\\} staged=${sums#*"$newline"}
    actual=sha256:${actual%% *} staged=${staged#\\}
    staged=${staged%% *}
  else
    actual=absent staged=$(sha256sum <"$stage")
    staged=${staged%% *}
  fi
  expect
  [ "sha256:$staged" = "$content" ] || refuse 'E_WRITE_FAILED the new content did not arrive whole'
  owe
  keep_before "$content"
  if [ "$actual" = absent ]; then
    make_beside && cat "$stage" >"$beside" && chmod "$mode" "$beside"
  else
    make_beside && cp -a -- "$target" "$beside" && cat "$stage" >"$beside"
  fi || { rm -f -- "$beside"; refuse "E_WRITE_FAILED $target is as it was"; }
  begin_swap "$beside"
  mv -f -- "$beside" "$target" || abandon "E_FILE_IMMUTABLE $target cannot be replaced"
  : >"$stage"
  end_swap "$content"
}

change_remove() {
  resolve
  identify
  expect
  owe
  keep_before absent
  begin_swap
  rm -f -- "$target" || abandon "E_FILE_IMMUTABLE $target cannot be removed"
  end_swap absent
}

# The next command rewrites the file: what it becomes is written down when that command has ended.
change_keep() {
  resolve
  identify
  keep_before unknown
  printf '%s\n' "$actual unknown $attributes $step $target:" >>"$folder/keeping"
  begin_swap "$folder/keeping"
  end_swap "$actual"
}

settle_kept() {
  [ -s "$folder/keeping" ] || return 0
  while read_entry; do
    [ "$entry_step" = "$step" ] || continue
    target=$entry_path
    identify
    printf '%s\n' "$entry_before $actual $entry_mode $entry_owner $entry_label $entry_step $entry_path:" >>"$manifest"
  done <"$folder/keeping"
  : >"$folder/keeping"
  sync "$manifest"
}

# Puts back what this run found, if the file is still what this run left.
change_restore() {
  resolve
  identify
  if [ "$actual" = "$expected" ]; then
    verdict "done $actual"
    exit 0
  fi
  find_entry || { verdict "conflict $actual"; exit 0; }
  source=$folder/kept/${expected#sha256:}
  if [ "$expected" != absent ] && [ "$(sha256sum <"$source")" != "${expected#sha256:}  -" ]; then
    refuse "E_KEPT_BYTES the bytes kept of $target are not what they were"
  fi
  owe
  keep_before "$expected"
  if [ "$expected" = absent ]; then
    begin_swap
    rm -f -- "$target" || abandon "E_FILE_IMMUTABLE $target cannot be removed"
    end_swap absent
    return
  fi
  make_beside && cat "$source" >"$beside" && make_like "$beside" && chown "$back_owner" "$beside" &&
    chmod "$back_mode" "$beside" || {
    rm -f -- "$beside"
    refuse "E_WRITE_FAILED $target is as it was"
  }
  case $back_label in '?' | -) ;; *) chcon "$back_label" "$beside" ;; esac
  begin_swap "$beside"
  mv -f -- "$beside" "$target" || abandon "E_FILE_IMMUTABLE $target cannot be replaced"
  end_swap "$expected"
}

make_like() {
  like_it=$(printf %s "$target" | sha256sum)
  like_it=$folder/kept/like.${like_it%% *}
  ! [ -f "$like_it" ] || cp -a --attributes-only --no-preserve=timestamps -- "$like_it" "$1"
}

# Sets back_* to the attributes of the target when it had the wished bytes; fails unless it is what this run left.
find_entry() {
  back_mode= ours=no
  [ -f "$manifest" ] || return 1
  while read_entry; do
    [ "$entry_path" = "$target" ] || continue
    if [ "$entry_before" = "$expected" ] && [ -z "$back_mode" ]; then
      back_mode=$entry_mode back_owner=$entry_owner back_label=$entry_label
    fi
    case $entry_after in
      "$actual") ours=yes ;;
      unknown) ours=perhaps ;;
      *) [ "$ours" = perhaps ] && ours=no ;;
    esac
  done <"$manifest"
  [ -n "$back_mode" ] && [ "$ours" != no ]
}
