#!/bin/sh
# SPDX-License-Identifier: MIT
# One command from a fresh checkout to a report: sets up, builds, runs the workloads.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: ./bench.sh [smoke | quick | standard | publish] [options]

  smoke     2 minutes: does everything run? claims nothing
  quick     10 minutes: what the mistakes cost (the default)
  standard  1 hour: verdicts against the baseline
  publish   8 hours: all pairs

  --yes         install missing packages without asking
  --no-install  never install packages; what is missing stands as absent in the report
  --no-build    neither set up nor build: run build/asyncbench as it is

All other options are those of `build/asyncbench run`:

  --only WORKLOAD[/VARIANT],...   --runtimes NAME,...   --set PARAM=VALUE[,VALUE...]
  --out DIR   --resume DIR   --rounds N   --budget 10m   --seed S   --dry-run   --label TEXT
  --server-cpus LIST   --load-cpus LIST

Exit status: 0 all as expected, 1 usage or set-up, 2 some sample failed, 3 the machine refuses,
4 results cannot be written, 77 nothing could run, 130 interrupted: what was measured is kept.
END
}

die() {
        printf 'bench.sh: %s\n' "$*" >&2
        exit 1
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
consent=''
build=yes

# Take out this script's own options; what is left in "$@" goes to the driver.
left=$#
while [ "$left" -gt 0 ]; do
        word=$1
        shift
        left=$((left - 1))
        case $word in
        --yes | --no-install)
                [ "${consent:-$word}" = "$word" ] || die "--yes and --no-install exclude each other"
                consent=$word
                ;;
        --no-build) build=no ;;
        -h | --help) usage && exit 0 ;;
        *) set -- "$@" "$word" ;;
        esac
done

# A wrong word is better refused now than after minutes of set-up.
case ${1--} in
-*) ;;
smoke | quick | standard | publish)
        case ${2--} in
        -*) ;;
        *) die "unexpected word '$2' after the profile '$1'; options start with --" ;;
        esac
        ;;
*) die "unknown profile '$1'; profiles are smoke, quick, standard, publish" ;;
esac

if [ "$build" = yes ]; then
        "$root/scripts/setup.sh" bench ${consent:+"$consent"}
        echo 'bench.sh: building' >&2
        "$root/scripts/build.sh" release
elif [ ! -x "$root/build/asyncbench" ]; then
        die "$root/build/asyncbench is not there; leave --no-build out once"
fi
exec "$root/build/asyncbench" run "$@"
