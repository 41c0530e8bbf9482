# SPDX-License-Identifier: MIT
# What the tests of front ends share: a folder of executables with the made-up runtime alone, on a made-up machine.
# AB_BUILD is the build folder.
# shellcheck disable=SC2034,SC2154 # the tests read code; bats sets output

# Into $libexec, for all programs that are called from now on. /proc/stat and the like are made up, so that the load
# of this machine is no matter.
make_libexec() {
        libexec=$BATS_TEST_TMPDIR/libexec
        export TMPDIR=$BATS_TEST_TMPDIR AB_LIBEXEC=$libexec AB_SYSROOT=$libexec/sysroot
        mkdir -p "$libexec/sysroot/proc"
        cp "$AB_BUILD/tests/asyncbench-stub" "$libexec/"
        printf 'cpu 0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n' >"$libexec/sysroot/proc/stat"
        echo 'oom_kill 0' >"$libexec/sysroot/proc/vmstat"
        rows=$("$libexec/asyncbench-stub" describe | grep -o '"runtime": "[^"]*"' | cut -d: -f2 | paste -sd,)
        {
                printf '{"runtimes": [{"name": "stub", "rows": [%s' "$rows"
                printf '], "styles": [], "packages": [], "built": true, "reason": "", "remedy": ""}, '
                printf '{"name": "gone", "rows": ["gone"], "styles": ["#000000 1"], "packages": ["libgone-dev"], '
                printf '"built": false, "reason": "pkg-config does not know gone", "remedy": "install libgone-dev"}]}\n'
        } >"$libexec/runtimes.json"
}

# Wait for process $1, and put what it exited with into $code.
wait_for_exit() {
        code=0
        wait "$1" || code=$?
}

# No process of the made-up runtime is there any more.
nothing_is_left() {
        run readlink /proc/[0-9]*/exe
        [[ $output != *"$libexec/asyncbench-stub"* ]]
}
