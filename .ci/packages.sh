#!/bin/sh
# Installs the Debian packages that are missing. $1: "sudo" or "", then package names.
set -eu
sudo=$1
shift
missing=
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
install="$sudo apt-get install -y -q --no-install-recommends"
# The package lists may be absent or old: one more try after refreshing them.
# shellcheck disable=SC2086
$install $missing >/dev/null 2>&1 || { $sudo apt-get update -q && $install $missing >/dev/null; } || {
    echo "could not install:$missing" >&2
    echo "Check the network and the apt sources, or install them by hand and run make again." >&2
    exit 1
}
