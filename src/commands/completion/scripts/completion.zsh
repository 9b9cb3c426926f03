#compdef runbook
# Completes command lines of runbook in zsh, behind compinit: source <(runbook completion zsh)
_runbook() {
  local line value
  local -a values open shown bare
  for line in ${(f)"$(${words[1]} __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)"}; do
    value=${line%%$'\t'*}
    if [[ $value == :files ]]; then
      _files
      return
    elif [[ $value == *= ]]; then
      open+=("$value") bare+=("${line/$'\t'/  -- }")
    else
      values+=("$value") shown+=("${line/$'\t'/  -- }")
    fi
  done
  (( $#open )) && compadd -S '' -l -d bare -a open
  (( $#values )) && compadd -l -d shown -a values
}
compdef _runbook runbook
