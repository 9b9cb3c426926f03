# Completes command lines of runbook in bash: source <(runbook completion bash)
_runbook() {
  COMPREPLY=()
  local value rest files=
  while IFS=$'\t' read -r value rest; do
    if [[ $value == :files ]]; then
      files=1
    else
      COMPREPLY+=("$value")
    fi
  done < <("${COMP_WORDS[0]}" __complete --line "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
  elif [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _runbook runbook ./runbook
