#!/usr/bin/env bash
# Records the run that test/terminal/golden.machine.test.ts looks at: a client that leaks sockets, beside one that opens and closes.
#
# usage: scripts/screens/record.sh     as root, after `npm run build`, on a machine with little else going on
#
# Writes test/fixtures/leak.tct.gz. The screens of the tests are of this file: they have to be drawn anew afterwards
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
