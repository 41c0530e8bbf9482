#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a run the committed reference: results/reference/, the REPORT.md at the root, the table in the README.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: scripts/reference.sh RUN    copy the run folder RUN to results/reference, write REPORT.md and the
                                   table of results in README.md
       scripts/reference.sh --print    print the REPORT.md that belongs to results/reference
       scripts/reference.sh --print-table    print the table that belongs in README.md
END
}

die() {
        printf 'reference.sh: %s\n' "$*" >&2
        exit 1
}

# The report lies two folders above its plots: relative links get the way there. Those that start with a
# scheme, a slash or a fragment lead to the same place from everywhere. Its first line after the title says
# whose numbers these are.
root_report() {
        sed -E \
                -e '1a\
\
Reference: one machine, named below. Mechanisms carry over, times do not; run ./bench.sh for yours.' \
                -e 's,\]\(([^]:/#)][^]:)]*)\),](results/reference/\1),g' \
                -e 's,^(\[[^]]+\]: )([^]:/# ][^]: ]*)$,\1results/reference/\2,' \
                -e 's,(src|srcset|href)="([^":/#][^":]*)",\1="results/reference/\2",g' \
                "$1/REPORT.md"
}

# The second section of the report, without its list of findings, below the machine and the date.
readme_table() {
        awk '
                /^\| started \(UTC\) \|/ { started = $5 }
                NR == 3 { machine = $0 }
                /^## / { second = /^## 2\./; next }
                second && /^- / { second = 0 }
                second { table = table $0 "\n" }
                END {
                        sub(/T.*/, "", started)
                        printf "%s · %s\n%s", started, machine, table
                }
        ' "$1/REPORT.md"
}

# What stands between the two marks of README.md is replaced by the table.
write_readme() {
        readme_table "$reference" >"$root/README.table"
        awk -v table="$root/README.table" '
                /^<!-- end of results/ { between = 0 }
                !between { print }
                /^<!-- results/ {
                        between = 1
                        while ((getline text < table) > 0)
                                print text
                }
        ' "$root/README.md" >"$root/README.new"
        rm "$root/README.table"
        mv "$root/README.new" "$root/README.md"
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
1/--print-table)
        [ -e "$reference/REPORT.md" ] || die "there is no results/reference/REPORT.md"
        readme_table "$reference"
        ;;
1/-*) die "unknown option '$1'; known are --print and --print-table" ;;
1/*)
        check_run "$1"
        copy_run "$1"
        root_report "$reference" >"$root/REPORT.md.new"
        mv "$root/REPORT.md.new" "$root/REPORT.md"
        write_readme
        ;;
*)
        usage >&2
        exit 1
        ;;
esac
