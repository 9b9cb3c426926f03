#!/bin/sh
# Prepares a checkout: a Node that is new enough and the npm packages of the lock file. The path of that Node is left
# as the first line of .cache/prepared. Says one line for each thing that takes time; silent when nothing is missing.
set -eu
cd "$(dirname "$0")/.."
home=$(pwd -P)
node_version=24.21.0
mkdir -p .cache

# Of two that start together the second waits for the first.
if command -v flock >/dev/null; then
  exec 9>.cache/prepare.lock
  flock 9
fi

say() { echo "runbook: $*" >&2; }

new_enough() {
  "$1" -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 24 || (a == 24 && b >= 11) ? 0 : 1)' 2>/dev/null
}

case $(uname -m) in
  aarch64 | arm64) arch=arm64 ;;
  *) arch=x64 ;;
esac
own=$home/.cache/node/node_modules/node-linux-$arch/bin/node
node=$(command -v node || true)
if [ -z "$node" ] || ! new_enough "$node"; then
  node=$own
  if ! [ -x "$own" ] || ! new_enough "$own"; then
    if ! command -v npm >/dev/null; then
      say "needs Node 24.11 or newer, or npm to fetch one. Install Node (https://nodejs.org), then try again."
      exit 1
    fi
    say "fetching Node $node_version into .cache/node ..."
    npm install --prefix .cache/node --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
      "node-linux-$arch@$node_version" >&2
    say "fetching Node $node_version: done"
  fi
fi
PATH=$(dirname "$node"):$PATH
export PATH

wanted=$(sha256sum <package-lock.json)
installed=$(cat .cache/packages.sha256 2>/dev/null || true)
if [ "$wanted" != "$installed" ] || ! [ -d node_modules ]; then
  say "installing the npm packages ..."
  # Nothing here needs install scripts, and none is trusted to run.
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  echo "$wanted" >.cache/packages.sha256
  say "installing the npm packages: done"
fi
echo "$node" >.cache/prepared
