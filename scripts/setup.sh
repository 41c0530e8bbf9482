#!/bin/sh
# SPDX-License-Identifier: MIT
# Finds what building and testing need and is not here, and installs it where that is allowed.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: scripts/setup.sh [bench | test] [--yes | --no-install]

Installs what ./bench.sh (or ./test.sh) needs on Debian and Ubuntu; elsewhere it says what is missing.

  --yes         install missing packages without asking
  --no-install  never install: go on without missing runtime libraries, stop when something is missing
                that nothing works without
  neither       ask once on a terminal; without a terminal stop with the line that would install them
END
}

say() {
        printf 'setup.sh: %s\n' "$*" >&2
}

die() {
        say "$*"
        exit 1
}

# What is needed, as lines of "class package probe name". A `required` package stops everything when it is
# missing, an `optional` one takes something away: a runtime's row, a front end, the plots, Ninja's speed. The
# probe is a command, lib:MODULE for pkg-config, header:FILE or crate:NAME. The name is what it is called outside
# Debian.
bench_needs() {
        cat <<'END'
required gcc cc C compiler
required libc6-dev header:stdio.h C library headers
required cmake cmake CMake
required pkg-config pkg-config pkg-config
required libjansson-dev lib:jansson jansson
optional ninja-build ninja Ninja
optional gnuplot-nox gnuplot gnuplot
optional g++ c++ C++ compiler
optional libbenchmark-dev lib:benchmark Google Benchmark
END
        runtime_needs
}

test_needs() {
        bench_needs
        cat <<'END'
required libcmocka-dev lib:cmocka cmocka
required bats bats bats
required shellcheck shellcheck ShellCheck
required universal-ctags ctags Universal Ctags
required clang clang Clang
required clang-format clang-format clang-format
required clang-tidy clang-tidy clang-tidy
optional rustfmt rustfmt rustfmt
optional rust-clippy cargo-clippy Clippy
END
}

# The runtimes' libraries, from the ab_runtime() lines of CMakeLists.txt: they stand nowhere else.
runtime_needs() {
        awk '
        /^ab_runtime\(/ {
                sub(/^ab_runtime\(/, "")
                sub(/\).*/, "")
                name = $1; probe = ""; packages = 0; word = ""
                for (i = 2; i <= NF; i++) {
                        if ($i ~ /^[A-Z]+$/)
                                word = $i
                        else if (word == "PKG" && probe == "")
                                probe = "lib:" $i
                        else if (word == "HEADER")
                                probe = "header:" $i
                        else if (word == "CARGO" && probe == "")
                                probe = "crate:" $i
                        else if (word == "APT")
                                package[++packages] = $i
                }
                for (i = 1; i <= packages; i++)
                        print "optional", package[i], package[i] == "cargo" ? "cargo" : probe, name
        }' "$root/CMakeLists.txt"
}

package_is_installed() {
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

header_is_here() {
        printf '#include <%s>\n' "$1" | cc -E - >/dev/null 2>&1
}

# A tool counts wherever it comes from. A library is looked up as a package on Debian, because pkg-config,
# which knows it elsewhere, may itself be missing.
is_here() {
        case $2 in
        lib:* | header:* | crate:*)
                if [ "$debian" = yes ]; then
                        package_is_installed "$1"
                elif [ "${2%%:*}" = crate ]; then
                        true # cargo fetches it
                elif [ "${2%%:*}" = lib ]; then
                        pkg-config --exists "${2#*:}" 2>/dev/null
                else
                        header_is_here "${2#*:}"
                fi
                ;;
        *) command -v "$2" >/dev/null ;;
        esac
}

# Sets `required` and `optional` to packages and `names` to what other systems call them.
find_missing() {
        required='' optional='' names=''
        while read -r class package probe name; do
                if is_here "$package" "$probe"; then
                        continue
                fi
                case $class in
                required) required="$required $package" ;;
                optional) optional="$optional $package" ;;
                esac
                names="${names:+$names, }$name"
        done <<END
$("${purpose}_needs")
END
}

# The one place that calls sudo, and only after consent.
as_root() {
        if [ "$(id -u)" = 0 ]; then
                "$@"
        else
                sudo "$@"
        fi
}

apt_install() {
        as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -q --no-install-recommends "$@" </dev/null >"$log" 2>&1
}

# One call for all of them is the fast way. When it fails, one package may be to blame: those that nothing
# works without must go in, each of the others may fail alone.
# shellcheck disable=SC2086 # lists of package names are meant to be split
install_missing() {
        say "installing$required$optional"
        as_root apt-get update -q </dev/null >"$log" 2>&1 ||
                say "apt-get update failed ($(tail -n 1 "$log")); going on with the lists that are here"
        if apt_install $required $optional; then
                return 0
        fi
        if [ -n "$required" ] && ! apt_install $required; then
                cat "$log" >&2
                die "cannot install$required"
        fi
        for package in $optional; do
                apt_install "$package" || say "going on without $package ($(tail -n 1 "$log"))"
        done
}

may_become_root() {
        [ "$(id -u)" = 0 ] || command -v sudo >/dev/null
}

# The one line that installs everything, for this user.
advice() {
        sudo='' who=''
        if ! may_become_root; then
                who=' as root'
        elif [ "$(id -u)" != 0 ]; then
                sudo='sudo '
        fi
        printf 'run%s: %sapt-get update && %sapt-get install -y --no-install-recommends%s%s' \
                "$who" "$sudo" "$sudo" "$required" "$optional"
}

ask() {
        printf 'setup.sh: install%s%s? [y/N] ' "$required" "$optional" >&2
        read -r answer || answer=''
        case $answer in
        y | Y | yes | Yes | YES) return 0 ;;
        *) return 1 ;;
        esac
}

settle_on_debian() {
        if ! may_become_root; then
                die "packages are missing and there is no sudo; $(advice)"
        elif [ "$consent" = --yes ]; then
                install_missing
        elif [ ! -t 0 ] || [ ! -t 2 ]; then
                die "packages are missing (--yes installs them, --no-install does without); $(advice)"
        elif ask; then
                install_missing
        else
                die "nothing was installed; $(advice)"
        fi
}

# Without an archive to install from, or without leave: what is required must be here.
settle_without_installing() {
        if [ -n "$required" ] && [ "$debian" = yes ]; then
                die "missing$required; $(advice)"
        elif [ -n "$required" ]; then
                die "missing: $names"
        fi
        say "going on without: $names"
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
purpose=bench
consent=''
for word; do
        case $word in
        bench | test) purpose=$word ;;
        --yes | --no-install)
                [ "${consent:-$word}" = "$word" ] || die "--yes and --no-install exclude each other"
                consent=$word
                ;;
        -h | --help) usage && exit 0 ;;
        *) die "unknown word '$word'; known are bench, test, --yes, --no-install" ;;
        esac
done
debian=no
if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
        debian=yes
fi

find_missing
[ -n "$required$optional" ] || exit 0
log=$(mktemp "${TMPDIR:-/tmp}/asyncbench-setup.XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM
if [ "$debian" = yes ] && [ "$consent" != --no-install ]; then
        settle_on_debian
else
        settle_without_installing
fi
