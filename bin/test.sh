#!/bin/sh
# `npm test`: prepares what is missing, then runs everything. Words are given on to vitest.
set -eu
cd "$(dirname "$0")/.."
sh bin/prepare.sh
read -r node <.cache/prepared
PATH=$(dirname "$node"):$PATH
export PATH
exec "$node" test/run-everything.ts "$@"
