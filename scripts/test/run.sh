#!/bin/sh
# `npm test`: builds, installs what the tests need, and runs them as root, since they trace the kernel. Without root,
# tests that need it are skipped. Arguments go to vitest: npm test -- test/model
set -eu
cd -- "$(dirname -- "$0")/../.."
say() { printf 'npm test: %s\n' "$*" >&2; }

npm run -s build
npm run -s build:dev

# Root must leave no files in a user's checkout: neither a cache of results nor compiled configuration.
node=$(node -p process.execPath)
set -- "$node" node_modules/vitest/vitest.mjs run --configLoader runner --no-cache "$@"

if [ "$(id -u)" = 0 ]; then
  sh scripts/test/install.sh
  exec "$@"
fi

sudo=''
for file in /usr/bin/sudo /usr/local/bin/sudo /run/wrappers/bin/sudo; do
  [ -z "$sudo" ] && [ -x "$file" ] && sudo=$file
done
ask=''
# Without a terminal, sudo cannot ask for a password.
[ -t 2 ] || ask=-n
if [ -n "$sudo" ]; then
  say 'asking sudo for root: the tests trace the kernel'
  if "$sudo" $ask -l -- "$@" >/dev/null; then
    "$sudo" $ask -- /bin/sh scripts/test/install.sh
    set -- -- "$@"
    for name in PROPERTY_SEED CI NO_COLOR FORCE_COLOR; do
      eval "value=\${$name-}"
      [ -z "$value" ] || set -- "$name=$value" "$@"
    done
    # shellcheck disable=SC2086
    exec "$sudo" $ask "$@"
  fi
fi
say 'without root: the tests that trace the kernel are skipped'
exec "$@"
