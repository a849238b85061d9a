#!/usr/bin/env bash
# Records the run of test/terminal/golden.machine.test.ts: one client that leaks sockets, and one that closes them.
#
# usage: scripts/screens/record.sh     as root, after `npm run build`, on an otherwise idle machine
#
# Writes test/fixtures/leak.tct.gz. The golden screens show this file and must be updated afterwards
# (UPDATE_SCREENS=1 npx vitest run test/terminal/golden.machine.test.ts).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work="$(mktemp -d)"
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
cc -O2 -o "$work/churn" scripts/workload/churn.c
cp scripts/workload/leaker.py "$work/api.py"
mkfifo "$work/open"
exec 3<>"$work/open"

node build/cli.js record -w test/fixtures/leak.tct.gz --source bpf --duration 16s &
recorder=$!
sleep 4
"$work/churn" 100000 20 >"$work/said" &
(cd "$work" && exec python3 ./api.py fill 3 200 20) <&3 >"$work/said" &
wait "$recorder"
ls -l test/fixtures/leak.tct.gz
