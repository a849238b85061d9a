#!/bin/sh
# As root on Debian, installs what is missing from needs.txt; otherwise prints what is missing and fails.
# usage: install.sh [matrix]
set -eu
PATH=$PATH:/usr/sbin:/sbin
needs=$(dirname -- "$0")/needs.txt

packages='' missing=''
while read -r need package only; do
  case $need in '' | '#'*) continue ;; esac
  [ -z "$only" ] || [ "$only" = "${1-}" ] || continue
  command -v "$need" >/dev/null || [ -e "$need" ] || {
    missing="$missing $need"
    case " $packages " in *" $package "*) ;; *) packages="$packages $package" ;; esac
  }
done <"$needs"
[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "missing for the tests:$missing; install them with your package manager (Debian's packages:$packages)" >&2
  exit 1
elif [ "$(id -u)" != 0 ]; then
  echo "missing for the tests:$missing; try, as root: apt-get install$packages" >&2
  exit 1
fi
echo "installing what the tests need:$packages" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# Unquoted: one word per package.
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $packages >/dev/null
