# SPDX-License-Identifier: MIT
# What the tests of scripts share: a scratch checkout, a PATH with nothing but chosen commands, a terminal.
# shellcheck disable=SC2016 # stubs are text

project=$(CDPATH='' cd -- "$BATS_TEST_DIRNAME/.." && pwd)
checkout="$BATS_TEST_TMPDIR/a checkout" # the space is there on purpose
bin="$BATS_TEST_TMPDIR/bin"
calls="$BATS_TEST_TMPDIR/calls"
export checkout calls

# A copy of the scripts, and a PATH that holds the everyday commands and what stub() adds.
make_sandbox() {
        mkdir -p "$checkout" "$bin"
        cp -R "$project/scripts" "$project/bench.sh" "$project/test.sh" "$project/CMakeLists.txt" \
                "$project/.ci" "$checkout/"
        local name
        for name in awk cat chmod cp date dirname env grep head mkdir mktemp mv nproc rm sed sh sort tail tee; do
                ln -s "$(command -v "$name")" "$bin/$name"
        done
        : >"$calls"
}

# stub NAME BODY: the command NAME, which notes its call and then does BODY.
stub() {
        rm -f "$bin/$1"
        printf '#!/bin/sh\necho "%s $*" >>"$calls"\n%s\n' "$1" "$2" >"$bin/$1"
        chmod +x "$bin/$1"
}

# script_stub PATH BODY: the same for a script of the scratch checkout.
script_stub() {
        printf '#!/bin/sh\necho "%s $*" >>"$calls"\n%s\n' "$1" "$2" >"$checkout/$1"
        chmod +x "$checkout/$1"
}

# Without a terminal.
sandboxed() {
        PATH=$bin "$@" </dev/null
}

# on_terminal ANSWER COMMAND...: with a terminal on which ANSWER is typed.
on_terminal() {
        local answer=$1
        shift
        printf '%s\n' "$answer" | script -qec "$(printf '%q ' env "PATH=$bin" "$@")" /dev/null
}

called() {
        grep -qxF -- "$1" "$calls"
}

not_called() {
        ! grep -q -- "^$1" "$calls"
}
