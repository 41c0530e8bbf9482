#!/bin/sh
# SPDX-License-Identifier: MIT
# Sends each mistake past the tools that a team has, and writes which of them says something.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: scripts/who-catches.sh [FILE]

Writes FILE, by default results/who-catches.csv: one line per mistake, language and tool with the verdict
`refused` (it does not compile), `warned` (the tool points at it), `failed` (the test fails or hangs) or `silent`.
What is sent past them is the code that is measured: in C on the row epoll, in Rust on tokio-1. Builds the presets
release, asan-ubsan and tsan if need be. A tool that is not here has no lines, and a word says so.
END
}

say() {
        printf 'who-catches.sh: %s\n' "$*" >&2
}

# ---- places --------------------------------------------------------------------------------------------------

# lines_of FILE FUNCTION: "first last" of its definition
lines_of() {
        awk -v name="$2" '
        !first && $0 ~ "(^|[^a-z_])" name "[(<]" && $0 !~ /;[ ]*$/ && ($0 !~ /^[ \t]/ || $0 ~ / fn /) {
                first = NR
                match($0, /^ */)
                end = "^" substr($0, 1, RLENGTH) "}"
        }
        first && NR > first && $0 ~ end { print first, NR; exit }' "$1"
}

# points_at FILE FUNCTION MESSAGES: does a message "FILE:LINE:..." lie in the function?
points_at() {
        # shellcheck disable=SC2046 # two numbers
        set -- "$1" "$3" $(lines_of "$root/$1" "$2")
        [ $# = 4 ] || { say "there is no such function in $1" && exit 1; }
        awk -F: -v file="$1" -v first="$3" -v last="$4" '
        index($1, file) && $2 >= first && $2 <= last { found = 1 }
        END { exit !found }' "$2"
}

verdict() { # MISTAKE LANGUAGE TOOL VERDICT
        printf '%s,%s,%s,%s,%s\n' "${1%/*}" "${1#*/}" "$2" "$3" "$4" >>"$lines"
}

# ---- what reads the source -------------------------------------------------------------------------------------

read_by() { # LANGUAGE TOOL MESSAGES
        mistakes | while read -r mistake c_file c_function rust_file rust_function _; do
                [ "$1-$c_file" != c-- ] || continue
                case $1 in
                c) set -- "$1" "$2" "$3" "$c_file" "$c_function" ;;
                rust) set -- "$1" "$2" "$3" "runtimes/tokio/$rust_file" "$rust_function" ;;
                esac
                if points_at "$4" "${5%%+*}" "$3"; then
                        verdict "$mistake" "$1" "$2" warned
                else
                        verdict "$mistake" "$1" "$2" silent
                fi
        done
}

c_files() {
        mistakes | awk '$2 != "-" { print $2 }' | sort -u
}

gcc_reads() {
        for file in $(c_files); do
                gcc -std=gnu17 -D_GNU_SOURCE -I. -O2 -Wall -Wextra -fanalyzer -c -o /dev/null "$file" 2>&1 || :
        done | grep -E ': (warning|error): ' >"$messages" || :
        read_by c 'gcc -fanalyzer' "$messages"
}

# With the checks that it has by default, not with those that this tree switches on.
clang_tidy_reads() {
        for file in $(c_files); do
                clang-tidy --config='{}' "$file" -- -std=gnu17 -D_GNU_SOURCE -I. 2>/dev/null || :
        done | grep -E ': (warning|error): ' | sed "s|^$root/||" >"$messages" || :
        read_by c clang-tidy "$messages"
}

# cargo in the folder of the release build, on a copy of the sources in which nothing is allowed by hand.
cargo_in_copy() {
        mkdir -p "$copy/runtimes/tokio"
        for file in runtimes/tokio/*.rs; do
                sed 's|^ *#\[allow(clippy::.*|//|' "$file" >"$copy/$file"
        done
        sed "s|path = \".*/lib.rs\"|path = \"$copy/runtimes/tokio/lib.rs\"|" build/cargo-tokio/Cargo.toml \
                >"$copy/Cargo.toml"
        CARGO_HOME=build/cargo-tokio/home CARGO_TARGET_DIR=$copy/target \
                cargo "$@" --offline --quiet --manifest-path "$copy/Cargo.toml" --message-format short 2>&1 |
                sed "s|^$copy/||; s|^.*\(runtimes/tokio/\)|\1|" | grep -E '^runtimes/.*(warning|error)' >"$messages" || :
}

# Where tasks may change threads, what the compiler refuses needs no other tool; the rest it lets pass.
rustc_reads() {
        cargo_in_copy check --features refused
        read_by rust rustc "$messages"
        grep -q 'cannot be sent between threads' "$messages" &&
                sed -i 's|^\(mutex,sync-held-across-wait,rust,rustc\),.*|\1,refused|' "$lines"
        sed -i '/,rustc,/s/,warned$/,silent/' "$lines"
}

clippy_reads() {
        cargo_in_copy clippy
        read_by rust clippy "$messages"
}

# ---- what runs it ------------------------------------------------------------------------------------------------

# sample FOLDER ROW MISTAKE SETTINGS: its records in $records, what it said in $messages
sample() {
        code=0
        # shellcheck disable=SC2046 # each word is an argument
        timeout 60 "$1/asyncbench-${2%%-*}" sample --runtime "$2" --workload "${3%/*}" --variant "${3#*/}" --seed 1 \
                $(sets_of "${3%/*}" "$4") --out-fd 3 3>"$records" 2>"$messages" || code=$?
        [ "$code" != 64 ] || { say "$(cat "$messages")" && exit 1; }
}

sanitizer_runs() { # PRESET TOOL
        mistakes | while read -r mistake c_file _; do
                [ "$c_file" != - ] || continue
                sample "build-$1" epoll "$mistake" -
                if grep -qE 'Sanitizer|runtime error' "$messages"; then
                        verdict "$mistake" c "$2" warned
                else
                        verdict "$mistake" c "$2" silent
                fi
        done
}

# A test that checks what the sample checks, at the load of the table: it fails, hangs, or sees nothing.
test_runs() { # LANGUAGE ROW
        mistakes | while read -r mistake c_file _ _ _ small _; do
                [ "$1-$c_file" != c-- ] || continue
                sample build "$2" "$mistake" "$small"
                if [ "$code" = 0 ] && grep -q '"outcome":"completed"' "$records" &&
                        ! grep -q '"name":"shown","value":[1-9]' "$records"; then
                        verdict "$mistake" "$1" 'unit test' silent
                else
                        verdict "$mistake" "$1" 'unit test' failed
                fi
        done
}

# ---- all of it ----------------------------------------------------------------------------------------------------

with() { # TOOL COMMAND...
        if command -v "$1" >/dev/null; then
                shift
                "$@"
        else
                say "$1 is not here: no lines"
        fi
}

case $#/${1-} in
0/ | 1/[!-]*) ;;
*)
        usage
        [ "${1-}" = --help ] || [ "${1-}" = -h ] || exit 1
        exit 0
        ;;
esac
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
out=${1:-$root/results/who-catches.csv}
cd "$root"
# shellcheck source=SCRIPTDIR/variants.sh
. scripts/variants.sh
for preset in release asan-ubsan tsan; do scripts/build.sh "$preset"; done
work=$(mktemp -d "${TMPDIR:-/tmp}/asyncbench-who.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
lines=$work/lines messages=$work/messages records=$work/records copy=$work/copy
missing=$(variants_without_line mistake | paste -sd' ' -)
[ -z "$missing" ] || { say "no line in scripts/variants.sh for $missing" && exit 1; }
: >"$lines"
with gcc gcc_reads
with clang-tidy clang_tidy_reads
sanitizer_runs asan-ubsan 'ASan and UBSan'
sanitizer_runs tsan TSan
test_runs c epoll
if [ -x build/asyncbench-tokio ]; then
        rustc_reads
        with cargo-clippy clippy_reads
        test_runs rust tokio-1
else
        say 'Tokio is not built: no lines for Rust'
fi
{ echo workload,variant,language,tool,verdict && sort "$lines"; } >"$work/out"
mv "$work/out" "$out"
