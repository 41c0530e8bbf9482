#!/bin/sh
# SPDX-License-Identifier: MIT
# Counts what the code of each variant and of each row costs to write.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: scripts/effort.sh [FILE]

Writes FILE, by default results/effort.csv: one line per variant, language and count, and the same per row (workload
`executor`). Counted is what is reached from the variant's own functions (scripts/variants.sh) inside its workload's
sources, or from the row's hooks inside the row's, as scripts/effort.awk finds it:

  lines        of code, without those that are blank or a comment
  functions    macros of Rust too
  states       C: the values that the members `at` and `action`, the task's place, have there
  callbacks    C: functions that are handed over, not called; a variant's own too
  awaits       Rust: .await, select!, join!
  Arc, Pin, 'static, unsafe    Rust: how often the word stands there
  allocations  of one task more, measured: the difference of two samples, on epoll and on tokio-1
  libraries    C rows: those that the executable has beyond the row null's
  crates       Rust rows: those that the library is built of

Needs Universal Ctags. Builds the preset release if need be.
END
}

say() {
        printf 'effort.sh: %s\n' "$*" >&2
}

die() {
        say "$*"
        exit 1
}

need() { # COMMAND PACKAGE
        command -v "$1" >/dev/null || die "$1 is not here (Debian: $2)"
}

# line WORKLOAD/VARIANT LANGUAGE COUNT VALUE
line() {
        printf '%s,%s,%s,%s,%s\n' "${1%/*}" "${1#*/}" "$2" "$3" "$4" >>"$lines"
}

# ---- what is written ---------------------------------------------------------------------------------------------

# reached SUBJECT LANGUAGE HOME -v ENTRIES FILE...: the lines of what is reached from there
reached() {
        subject=$1 language=$2 home=$3 entries=$5
        shift 5
        ctags --sort=no --langmap=C:.c.h --kinds-C=fem --kinds-Rust=fPM -x --_xformat='%N;%K;%F;%n;%s;%t' "$@" >"$tags"
        awk -v language="$language" -v home="$home" -v "$entries" -f scripts/effort.awk "$tags" "$@" >"$counts" ||
                die "$subject was not counted"
        while read -r count value; do
                case $subject/$count in
                executor/*/states) ;; # a row has no place to come back to
                *) line "$subject" "$language" "$count" "$value" ;;
                esac
        done <"$counts"
}

# The folder's sources, where a workload or a row has one.
c_sources() {
        case $1 in
        */*/*) printf '%s\n' "${1%/*}"/*.[ch] ;;
        *) printf '%s\n' "$1" ;;
        esac
}

rust_sources() { # WORKLOAD
        name=$(echo "$1" | tr - _)
        for file in "runtimes/tokio/$name.rs" runtimes/tokio/"$name"_*.rs; do
                [ ! -e "$file" ] || printf '%s\n' "$file"
        done
}

# shellcheck disable=SC2046 # no path of this tree has a space in it
count_variants() {
        variants | while read -r variant c_file c_functions rust_file rust_functions _; do
                [ "$c_file" = - ] ||
                        reached "$variant" c "$c_file" -v "entries=$c_functions" $(c_sources "$c_file")
                [ "$rust_file" = - ] ||
                        reached "$variant" rust "runtimes/tokio/$rust_file" -v "entries=$rust_functions" \
                                $(rust_sources "${variant%/*}")
        done
}

# ---- rows --------------------------------------------------------------------------------------------------------

needed_by() {
        readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort
}

# shellcheck disable=SC2046 # as above
count_c_rows() {
        needed_by build/asyncbench-null >"$work/null"
        grep -lE '^(static )?const struct executor [a-z_]+ = ' runtimes/*.c runtimes/*/*.c 2>/dev/null |
                while read -r home; do
                        row=${home#runtimes/}
                        row=${row%%[/.]*}
                        reached "executor/$row" c "$home" -v 'table=struct executor' \
                                $(c_sources "$home")
                        [ ! -x "build/asyncbench-$row" ] || line "executor/$row" c libraries \
                                "$(needed_by "build/asyncbench-$row" | comm -13 "$work/null" - | wc -l)"
                done
}

# A runtime with tasks of its own has one file about how it is run: all its functions.
count_rust_rows() {
        for home in runtimes/*/crew.rs; do
                [ -e "$home" ] || continue
                row=${home%/*}
                row=${row#runtimes/}
                functions=$(ctags --sort=no --kinds-Rust=fP -x --_xformat=%N "$home" | paste -sd+ -)
                reached "executor/$row" rust "$home" -v "entries=$functions" "$home"
                cargo=build/cargo-$row
                [ ! -e "$cargo/Cargo.lock" ] || line "executor/$row" rust crates "$(crates_of "$cargo")"
        done
}

# What the library is built of on this machine's platform, without itself.
crates_of() { # FOLDER
        CARGO_HOME=$1/home cargo tree --offline --quiet --manifest-path "$1/Cargo.toml" --prefix none \
                --edges normal --format '{p}' | awk '/ v[0-9]/ && !/^asyncbench-/ { print $1, $2 }' | sort -u | wc -l
}

# ---- what is allocated ---------------------------------------------------------------------------------------------

# blocks ROW WORKLOAD/VARIANT SETTINGS: how many, or nothing when the sample did not complete
blocks() {
        # shellcheck disable=SC2046 # each word is an argument
        timeout 60 env AB_ALLOCATIONS="$counts" LD_PRELOAD="$work/allocations.so" \
                "build/asyncbench-${1%%-*}" sample --runtime "$1" --workload "${2%/*}" --variant "${2#*/}" --seed 1 \
                $(sets_of "${2%/*}" "$3") --out-fd 3 3>"$records" 2>"$messages" </dev/null || :
        if grep -q '"outcome":"completed"' "$records"; then
                cat "$counts"
        else
                say "$2 on $1: $(cat "$messages" "$records")"
        fi
}

# What a variant allocates otherwise, as a channel does, is the same with few tasks and with many, or nearly.
count_allocations() { # LANGUAGE ROW
        [ -x "build/asyncbench-${2%%-*}" ] || { say "$2 is not built: no allocations" && return; }
        variants | while read -r variant c_file _ rust_file _ _ tasks; do
                case $1/$c_file/$rust_file/${tasks:--} in
                c/-/* | rust/*/-/* | */-) continue ;;
                esac
                few=$(blocks "$2" "$variant" "workers=1;$tasks=$FEW")
                many=$(blocks "$2" "$variant" "workers=1;$tasks=$MANY")
                if [ -z "$few" ] || [ -z "$many" ]; then
                        die "no allocations of $variant"
                fi
                line "$variant" "$1" allocations $(((many - few + (MANY - FEW) / 2) / (MANY - FEW)))
        done
}

# ---- all of it -------------------------------------------------------------------------------------------------------

case $#/${1-} in
0/ | 1/[!-]*) ;;
*)
        usage
        [ "${1-}" = --help ] || [ "${1-}" = -h ] || exit 1
        exit 0
        ;;
esac
need ctags universal-ctags
case $(ctags --version) in
Universal*) ;;
*) die 'ctags is not Universal Ctags (Debian: universal-ctags)' ;;
esac
need readelf binutils
FEW=32 MANY=96
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
out=${1:-$root/results/effort.csv}
cd "$root"
# shellcheck source=SCRIPTDIR/variants.sh
. scripts/variants.sh
scripts/build.sh release
work=$(mktemp -d "${TMPDIR:-/tmp}/asyncbench-effort.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
lines=$work/lines tags=$work/tags counts=$work/counts records=$work/records messages=$work/messages
missing=$(variants_without_line '' | paste -sd' ' -)
[ -z "$missing" ] || die "no line in scripts/variants.sh for $missing"
cc -std=gnu17 -D_GNU_SOURCE -O2 -shared -fPIC -o "$work/allocations.so" scripts/allocations.c
count_variants
count_c_rows
count_rust_rows
count_allocations c epoll
count_allocations rust tokio-1
{ echo workload,variant,language,count,value && sort "$lines"; } >"$work/out"
mv "$work/out" "$out"
