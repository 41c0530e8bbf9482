#!/bin/sh
# SPDX-License-Identifier: MIT
# What can be said of the sources without running them, one line per violation; exit 1 if there is any.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: scripts/check.sh [BUILD_DIR]

Format, lint, licence lines, white space, and who may include what. BUILD_DIR, by default build in the
root, holds the compile_commands.json that clang-tidy reads.
END
}

# Source files named by patterns for find, from the root, without what builds and runs leave.
sources() {
        find . \( -name .git -o -name 'build*' -type d -o -path ./results \) -prune -o \
                -type f \( "$@" \) -print | sed 's|^\./||' | sort
}

# C, and the one front end that is C++.
code() {
        sources -name '*.[ch]' -o -name '*.cc'
}

scripts() {
        sources -name '*.sh' -o -name '*.bats' -o -name '*.bash' -o -path ./.ci/run
}

# The tool NAME in the version whose opinion these sources are written to; others disagree in details.
tool() {
        for candidate in "$1-14" "$1"; do
                case $("$candidate" --version 2>/dev/null) in
                *' version 14.'*) printf '%s\n' "$candidate" && return 0 ;;
                esac
        done
        echo "check.sh: not checked: $1 14 is not here" >&2
        return 1
}

# Keep the lines of a compiler-like tool that say where and what.
lines_with_places() {
        grep -E '^[^ ]+:[0-9]+(:[0-9]+)?: ' | sed "s|^$PWD/||"
}

check_format() {
        format=$(tool clang-format) || return 0
        # shellcheck disable=SC2046 # no path of this tree has a space in it
        "$format" --dry-run $(code) 2>&1 | lines_with_places |
                awk -F: '!seen[$1]++ { print $1 ":" $2 ": not formatted; clang-format -i mends it" }'
}

# Rust's own two tools, where they are.
check_rust() {
        home=$build/cargo-tokio
        if command -v rustfmt >/dev/null; then
                rustfmt --check --config-path runtimes/tokio runtimes/tokio/lib.rs 2>&1 | sed -n 's|^Diff in [^ ]*/\(runtimes/[^ :]*\).*|\1:1: not formatted; rustfmt mends it|p' | sort -u
        fi
        if command -v cargo-clippy >/dev/null && [ -e "$home/Cargo.lock" ]; then
                CARGO_HOME=$home/home CARGO_TARGET_DIR=$home/target cargo clippy --release --offline --quiet \
                        --manifest-path "$home/Cargo.toml" --message-format short -- -D warnings 2>&1 |
                        grep -E '(warning|error)' | sed "s|^$PWD/||" | sort -u
        fi
}

# Only what the build compiles has flags to be read with. A broken .clang-tidy has no place but says error.
check_lint() {
        tidy=$(tool clang-tidy) || return 0
        if [ ! -e "$build/compile_commands.json" ]; then
                echo "$build/compile_commands.json: is not there; build first, or name another folder"
                return 0
        fi
        sed -n 's/^ *"file": "\(.*\)",*$/\1/p' "$build/compile_commands.json" | sort -u |
                sed 's|.*|"&"|' | xargs -P "$(nproc)" -n 1 "$tidy" -p "$build" --quiet 2>&1 |
                grep -iE '(warning|error): ' | sed "s|^$PWD/||" | sort -u
}

check_scripts() {
        # shellcheck disable=SC2046 # as above
        shellcheck -f gcc $(scripts) | lines_with_places
}

# may_not_include FOLDER PATTERN WHY [EXCEPT]: no source in FOLDER includes a header that matches PATTERN.
may_not_include() {
        # shellcheck disable=SC2046 # as above
        grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)[>\"]" /dev/null \
                $(code | grep "^$1/") | grep -vE "[<\"](${4:-none})[>\"]" |
                sed -E "s/^([^:]*:[0-9]+):.*[<\"](.*)[>\"].*/\\1: includes \\2: $3/"
}

check_dependencies() {
        library='(uv|ev|ev\+\+|event|evutil|evdns|evhttp|evrpc|liburing)\.h|(uv|event2|liburing)/.*'
        may_not_include harness "$library" 'the harness knows no runtime'
        may_not_include workloads "$library" 'a workload knows no runtime'
        may_not_include workloads 'sys/socket\.h' 'servers are written once per runtime'
        may_not_include runtimes 'harness/.*' 'a runtime knows only run.h of the harness' 'harness/run\.h'
}

# The licence stands in the first line, after the #! of a script.
check_licences() {
        code | while read -r file; do
                [ "$(head -n 1 "$file")" = '/* SPDX-License-Identifier: MIT */' ] ||
                        echo "$file:1: the first line is not the SPDX line"
        done
        sources -name '*.rs' | while read -r file; do
                [ "$(head -n 1 "$file")" = '// SPDX-License-Identifier: MIT' ] ||
                        echo "$file:1: the first line is not the SPDX line"
        done
        scripts | while read -r file; do
                head -n 2 "$file" | grep -qx '# SPDX-License-Identifier: MIT' ||
                        echo "$file:2: no SPDX line after the first line"
        done
}

check_white_space() {
        # shellcheck disable=SC2046 # as above
        grep -nE '[[:space:]]+$' /dev/null $(code) $(sources -name '*.sh' -o -name '*.bats' \
                -o -name '*.bash' -o -name '*.md' -o -name '*.rs' -o -name '*.cmake' -o -name 'CMake*' -o -name '*.gp') |
                sed -E 's/^([^:]*:[0-9]+):.*/\1: trailing white space/'
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
case $#/${1-} in
*/-h | */--help) usage && exit 0 ;;
0/ | 1/*) ;;
*)
        usage >&2
        exit 1
        ;;
esac
cd "$root"
build=${1:-build}
found=$(mktemp "${TMPDIR:-/tmp}/asyncbench-check.XXXXXX")
trap 'rm -f "$found"' EXIT
trap 'exit 130' INT TERM

for check in format rust scripts dependencies licences white_space lint; do
        "check_$check" | tee -a "$found"
done
[ ! -s "$found" ]
