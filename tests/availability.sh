#!/bin/sh
# SPDX-License-Identifier: MIT
# A missing library takes away one executable and nothing else, and a sentence says so: with none missing, all of
# them and each one, by AB_WITHOUT; and where pkg-config and the compiler's folders really lack them.
#   availability.sh BIN_DIR      BIN_DIR holds json_object
set -eu
LC_ALL=C
export LC_ALL
bin=$1
source=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
dir=$(mktemp -d)
build=$dir/build
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
failures=0 case=''

fail() {
        echo "not ok: $case: $*" >&2
        failures=$((failures + 1))
}

# The ab_runtime() lines as "name|rows|package|modules|header|library".
runtimes() {
        sed -n 's/^ab_runtime(\([^)]*\))/\1/p' "$source/CMakeLists.txt" | awk '{
                split("", of)
                word = ""
                for (i = 2; i <= NF; i++)
                        if ($i ~ /^[A-Z]+$/) word = $i
                        else of[word] = of[word] (of[word] == "" ? "" : " ") $i
                print $1 "|" of["ROWS"] "|" of["APT"] "|" of["PKG"] "|" of["HEADER"] "|" of["LIBRARY"]
        }'
}

# ---- building ------------------------------------------------------------------------------------------------

# show_log WHY: the end of what the last command said
show_log() {
        fail "$1"
        tail -n 20 "$dir/log" >&2
        return 1
}

# configure OPTION...: the scratch folder, and take down CMake's table, white space made even
configure() {
        cmake -S "$source" -B "$build" -G "$generator" "$@" >"$dir/log" 2>&1 ||
                show_log 'it cannot be configured' || return
        cp "$dir/log" "$dir/configured"
        sed -n '/^-- runtimes:/,/^$/p' "$dir/log" | sed 's/^ *//; s/  */ /g' >"$dir/table"
}

# build TARGET...: anew from the objects that are there
build() {
        rm -f "$build"/asyncbench*
        cmake --build "$build" --parallel "$(nproc)" --target "$@" >"$dir/log" 2>&1 || show_log 'it does not build'
}

# What the driver says about it.
ask() {
        "$bin/json_object" <"$build/runtimes.json" || fail 'runtimes.json is no JSON object'
        "$build/asyncbench" list >"$dir/said" || fail "list: exit $?"
        sed 's/  */ /g' "$dir/said" >"$dir/list"
        "$build/asyncbench" list --absent >"$dir/absent" || fail "list --absent: exit $?"
        "$build/asyncbench" list --json >"$dir/json" || fail "list --json: exit $?"
        "$bin/json_object" <"$dir/json" || fail 'list --json prints no JSON object'
}

# ---- what must hold of one runtime -----------------------------------------------------------------------------

must_say() { # FILE TEXT
        grep -qF -e "$2" "$dir/$1" || fail "$1 does not say '$2'"
}

recorded() { # NAME TEXT
        grep -F "{\"name\": \"$1\", " "$build/runtimes.json" | grep -qF "$2" || fail "runtimes.json does not say of $1 $2"
}

is_there() { # NAME ROWS
        [ -x "$build/asyncbench-$1" ] || fail "asyncbench-$1 is not built"
        must_say table "$1 yes"
        recorded "$1" '"built": true, "reason": "", "remedy": ""'
        for row in $2; do
                grep -q "^$row " "$dir/list" || fail "list does not name $row"
                ! grep -q "^$row .*not built" "$dir/list" || fail "list says that $row is not built"
                must_say json "\"runtime\": \"$row\""
        done
}

is_missing() { # NAME ROWS REASON REMEDY
        [ ! -e "$build/asyncbench-$1" ] || fail "asyncbench-$1 is built"
        must_say table "$1 no: $3${4:+; $4}"
        recorded "$1" "\"built\": false, \"reason\": \"$3\", \"remedy\": \"$4\""
        for row in $2; do
                must_say list "$row absent: not built: $3${4:+; $4}"
                must_say absent " on $row: not built: $3"
                must_say json "\"runtime\": \"$row\""
        done
}

# ---- the cases ---------------------------------------------------------------------------------------------------

without() { # NAME;NAME... TARGET...
        gone=$1 case="without ${1:-none}"
        shift
        if configure "-DAB_WITHOUT=$gone" && build "$@"; then ask; else return 0; fi
        while IFS='|' read -r name rows package rest; do
                case ";$gone;" in
                *";$name;"*) is_missing "$name" "$rows" 'left out by AB_WITHOUT' "${package:+install $package}" ;;
                *) is_there "$name" "$rows" ;;
                esac
        done <"$dir/here"
}

# No library but jansson, and not the folder that ev.h is in: no header and no module of a runtime can be found,
# and cmocka neither.
without_libraries() {
        case='where no library is'
        mkdir "$dir/modules"
        cp "$(pkg-config --variable=pcfiledir jansson)/jansson.pc" "$dir/modules/"
        ignored=$(sed -n 's/^[a-z]*_INCLUDE:PATH=//p' "$build/CMakeCache.txt" | paste -sd';' -)
        rm "$build/CMakeCache.txt"
        export PKG_CONFIG_LIBDIR="$dir/modules" PKG_CONFIG_PATH=''
        if configure "-DCMAKE_IGNORE_PATH=$ignored" && build all; then ask; else return 0; fi
        must_say configured 'cmocka is missing'
        must_say configured 'asyncbench-gbench: no: pkg-config does not know benchmark 1.7; install libbenchmark-dev'
        [ ! -e "$build/asyncbench-gbench" ] || fail 'asyncbench-gbench is built'
        while IFS='|' read -r name rows package modules header library; do
                if [ -n "$modules" ]; then
                        is_missing "$name" "$rows" "pkg-config does not know $modules" "install $package"
                elif [ -n "$header" ]; then
                        is_missing "$name" "$rows" "$header or lib$library is missing" "install $package"
                else
                        is_there "$name" "$rows"
                fi
        done <"$dir/here"
}

# All that is on PATH but cargo; then cargo too, with a compiler that is too old for its crates; then without crates.
without_cargo() {
        runtimes_of_cargo=$(grep -F ' CARGO ' "$source/CMakeLists.txt" | sed -n 's/^ab_runtime(\([a-z]*\) .*/\1/p')
        [ -n "$runtimes_of_cargo" ] || fail 'no runtime is built by cargo'
        mkdir "$dir/path"
        (IFS=: && for folder in $PATH; do cp -sn "$folder"/* "$dir/path/" 2>/dev/null || :; done)
        cargo=$(command -v cargo) || cargo=''
        rm -f "$dir/path/cargo" "$dir/path/rustc"
        case='where cargo is not' && must_be_told 'cargo is not on PATH; install cargo'
        [ -n "$cargo" ] || return 0
        ln -s "$cargo" "$dir/path/cargo"
        compiler=$(command -v rustc)
        cat >"$dir/path/rustc" <<END
#!/bin/sh
[ "\$*" = '--version --verbose' ] || exec "$compiler" "\$@"
"$compiler" --version --verbose | sed "s/^release: .*/release: \${AB_RUSTC:-9.0.0}/"
END
        chmod +x "$dir/path/rustc"
        case='where no crate is' && must_be_told 'cargo finds no crates: error:' \
                "-DAB_CARGO_REGISTRY=$dir/none" -DAB_CARGO_OFFLINE=ON
        export AB_RUSTC=1.20.0
        case='where rustc is too old' && must_be_told 'rustc 1.20.0 is older than ' \
                -UAB_CARGO_REGISTRY -DAB_CARGO_OFFLINE=OFF
}

# must_be_told REASON OPTION...: configured with the PATH above
must_be_told() {
        reason=$1
        shift
        PATH=$dir/path configure "$@" || return 0
        for name in $runtimes_of_cargo; do must_say table "$name no: $reason"; done
}

generator='Unix Makefiles'
! command -v ninja >/dev/null || generator=Ninja
runtimes >"$dir/runtimes"
case='on this machine'
configure || exit 1
# What cannot be built here anyway cannot be taken away.
while IFS='|' read -r name rest; do
        if grep -qx "$name yes" "$dir/table"; then
                echo "$name|$rest"
        else
                echo "$name is not checked: it cannot be built here" >&2
        fi
done <"$dir/runtimes" >"$dir/here"
[ -s "$dir/here" ] || fail 'no runtime can be built'
case='without libvu'
! cmake -S "$source" -B "$build" -DAB_WITHOUT=libvu >"$dir/log" 2>&1 || fail 'it is configured'
must_say log "there is no runtime 'libvu'; known: null"

names=$(cut -d'|' -f1 "$dir/here")

# Crates that are compiled already need not be compiled again: minutes, and no part of the question.
for compiled in "$bin"/../cargo-*/target; do
        crates=$(dirname "$compiled")
        [ ! -d "$compiled" ] || cp -a "$compiled" "$build/${crates##*/}/"
done

without '' runtimes asyncbench
for name in $names; do without "$name" runtimes asyncbench; done
without "$(echo "$names" | paste -sd';' -)" all
code=0
"$build/asyncbench" run --dry-run >"$dir/log" 2>&1 || code=$?
[ $code = 77 ] || fail "run exits $code, not 77"
without_libraries
without_cargo
echo "$failures failures"
exit $((failures > 0))
