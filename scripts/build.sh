#!/bin/sh
# `npm run build`: compiles src into build/. `npm run build:dev`: updates build/, and compiles scripts and the programs of
# tests into build-dev/. As root, builds a user's checkout as that user, who could not remove root's files.
set -eu
cd -- "$(dirname -- "$0")/.."
owner=$(stat -c %u .)
if [ "$(id -u)" = 0 ] && [ "$owner" != 0 ]; then
  exec setpriv --reuid "$owner" --regid "$(stat -c %g .)" --clear-groups -- sh scripts/build.sh "$@"
fi
# Locked against other runs: a build from scratch, which removes the output of deleted sources, must not be interrupted.
[ "${1-}" = dev ] || rm -rf build
tsc -p tsconfig.build.json
# Last: ./tcptrace takes this file as the sign of a complete build.
chmod +x build/cli.js
[ "${1-}" != dev ] || tsc -p tsconfig.dev.json
