#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a run the committed reference: results/reference/ and the REPORT.md at the root.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: scripts/reference.sh RUN    copy the run folder RUN to results/reference, write REPORT.md
       scripts/reference.sh --print    print the REPORT.md that belongs to results/reference
END
}

die() {
        printf 'reference.sh: %s\n' "$*" >&2
        exit 1
}

# The report lies two folders above its plots: relative links get the way there. Those that start with a
# scheme, a slash or a fragment lead to the same place from everywhere.
root_report() {
        sed -E \
                -e 's,\]\(([^]:/#)][^]:)]*)\),](results/reference/\1),g' \
                -e 's,^(\[[^]]+\]: )([^]:/# ][^]: ]*)$,\1results/reference/\2,' \
                -e 's,(src|srcset|href)="([^":/#][^":]*)",\1="results/reference/\2",g' \
                "$1/REPORT.md"
}

# All that the run consists of, or die before anything is touched.
check_run() {
        [ -d "$1" ] || die "'$1' is not a folder; name a run, such as results/20260131T120000-7"
        for file in $files; do
                [ -e "$1/$file" ] || die "'$1' has no $file; asyncbench report makes what is derived"
        done
}

copy_run() {
        mkdir -p "$root/results"
        rm -rf "$new"
        mkdir "$new"
        for file in $files; do
                cp -R "$1/$file" "$new/$file"
        done
        rm -rf "$reference"
        mv "$new" "$reference"
}

files='environment.json schedule.csv journal.jsonl samples.csv histograms.csv summary.csv plots REPORT.md'
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
reference=$root/results/reference
new=$root/results/.reference.new
case $#/${1-} in
1/-h | 1/--help) usage ;;
1/--print)
        [ -e "$reference/REPORT.md" ] || die "there is no results/reference/REPORT.md"
        root_report "$reference"
        ;;
1/-*) die "unknown option '$1'; known is --print" ;;
1/*)
        check_run "$1"
        copy_run "$1"
        root_report "$reference" >"$root/REPORT.md.new"
        mv "$root/REPORT.md.new" "$root/REPORT.md"
        ;;
*)
        usage >&2
        exit 1
        ;;
esac
