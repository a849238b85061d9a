#!/bin/sh
# `npm run build`: src into build/. `npm run build:dev`: brings build/ up to date, and compiles scripts and the programs of
# tests into build-dev/. Root builds a user's checkout as that user, who could not remove root's files.
set -eu
cd -- "$(dirname -- "$0")/.."
owner=$(stat -c %u .)
if [ "$(id -u)" = 0 ] && [ "$owner" != 0 ]; then
  exec setpriv --reuid "$owner" --regid "$(stat -c %g .)" --clear-groups -- sh scripts/build.sh "$@"
fi
# Never beside another run: only a build from nothing removes what no longer has a source.
[ "${1-}" = dev ] || rm -rf build
tsc -p tsconfig.build.json
# Last: ./tcptrace takes it for a sign that the build is whole.
chmod +x build/cli.js
[ "${1-}" != dev ] || tsc -p tsconfig.dev.json
