#!/bin/sh
# SPDX-License-Identifier: MIT
# Configures and builds one preset of CMakePresets.json: silent when all is well, the whole log when not.
set -eu
export LC_ALL=C

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
[ $# -eq 1 ] || {
        echo 'usage: scripts/build.sh PRESET' >&2
        exit 1
}
preset=$1
log=$(mktemp "${TMPDIR:-/tmp}/asyncbench-build.XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

# The presets ask for Ninja; make does as well, only slower.
configure() {
        if command -v ninja >/dev/null; then
                cmake --preset "$preset"
        else
                cmake --preset "$preset" -G 'Unix Makefiles'
        fi
}

cd "$root"
if ! { configure && cmake --build --preset "$preset" --parallel "$(nproc)"; } >"$log" 2>&1; then
        cat "$log" >&2
        echo "build.sh: preset $preset does not build" >&2
        exit 1
fi
