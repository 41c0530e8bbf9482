#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/setup.sh: what it finds missing, when it asks, what it installs, when it stops.

# shellcheck disable=SC2016,SC2154 # stubs are text; scripts.bash sets these names
load scripts

all='gcc libc6-dev cmake pkg-config libjansson-dev ninja-build gnuplot-nox g++ libbenchmark-dev libuv1-dev libev-dev libevent-dev liburing-dev cargo librust-tokio-dev librust-futures-dev librust-scopeguard-dev librust-dashmap-dev librust-rayon-dev'

# A fresh Debian: no tool, no package. $missing = the packages that are not there, $unknown = those that
# the archive does not have.
setup() {
        make_sandbox
        export missing="$all" unknown=none user=0
        stub dpkg-query 'for last; do :; done
                case " $missing " in *" $last "*) exit 1 ;; *) printf installed ;; esac'
        stub apt-get 'for word; do
                case " $unknown " in *" $word "*) echo "E: Unable to locate package $word"; exit 100 ;; esac
        done'
        stub sudo 'exec "$@"'
        stub id 'echo "$user"'
        setup="$checkout/scripts/setup.sh"
}

install_call() {
        called "apt-get install -y -q --no-install-recommends $*"
}

everything_is_here() {
        missing=none
        local tool
        for tool in cc c++ cmake pkg-config ninja gnuplot cargo bats shellcheck ctags clang clang-format clang-tidy rustfmt cargo-clippy; do
                stub "$tool" ''
        done
}

@test "nothing missing: silent, calls neither apt-get nor sudo" {
        everything_is_here
        run sandboxed "$setup" bench
        [ "$status" -eq 0 ]
        [ -z "$output" ]
        run sandboxed "$setup" test
        [ "$status" -eq 0 ]
        [ -z "$output" ]
        not_called apt-get
        not_called sudo
}

@test "--yes as root updates once and installs all that is missing in one call, without sudo" {
        run sandboxed "$setup" bench --yes
        [ "$status" -eq 0 ]
        called 'apt-get update -q'
        # shellcheck disable=SC2086
        install_call $all
        [ "$(grep -c ^apt-get "$calls")" -eq 2 ]
        not_called sudo
}

@test "--yes as a plain user goes through sudo" {
        user=1000
        run sandboxed "$setup" bench --yes
        [ "$status" -eq 0 ]
        called 'sudo apt-get update -q'
        called "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $all"
}

@test "only what is missing is installed" {
        everything_is_here
        missing='libev-dev'
        run sandboxed "$setup" bench --yes
        [ "$status" -eq 0 ]
        install_call libev-dev
}

@test "test adds the packages of the tests" {
        everything_is_here
        missing='libcmocka-dev'
        rm "$bin/bats" "$bin/clang-tidy"
        run sandboxed "$setup" test --yes
        [ "$status" -eq 0 ]
        install_call libcmocka-dev bats clang-tidy
}

@test "without a terminal it stops with the line that would install, and installs nothing" {
        run sandboxed "$setup" bench
        [ "$status" -eq 1 ]
        [[ "$output" == *"run: apt-get update && apt-get install -y --no-install-recommends $all" ]]
        [ "${#lines[@]}" -eq 1 ]
        not_called apt-get
}

@test "the line for a plain user has sudo, which is not called" {
        user=1000
        run sandboxed "$setup" bench
        [ "$status" -eq 1 ]
        [[ "$output" == *"run: sudo apt-get update && sudo apt-get install -y --no-install-recommends $all" ]]
        not_called sudo
}

@test "on a terminal it asks once, and yes installs" {
        run on_terminal y "$setup" bench
        [ "$status" -eq 0 ]
        [ "$(grep -c '\[y/N\]' <<<"$output")" -eq 1 ]
        # shellcheck disable=SC2086
        install_call $all
}

@test "on a terminal any other answer installs nothing and exits 1" {
        for answer in n '' maybe; do
                run on_terminal "$answer" "$setup" bench
                [ "$status" -eq 1 ]
                [[ "$output" == *"nothing was installed; run: apt-get update"* ]]
        done
        not_called apt-get
}

@test "a terminal that only shows, without one to type on, is not asked" {
        run on_terminal y sh -c '"$1" bench </dev/null' sh "$setup"
        [ "$status" -eq 1 ]
        [[ "$output" == *"packages are missing"* ]]
        [[ "$output" != *"[y/N]"* ]]
        not_called apt-get
}

@test "a plain user without sudo gets the line for root, even with --yes" {
        user=1000
        rm "$bin/sudo"
        run sandboxed "$setup" bench --yes
        [ "$status" -eq 1 ]
        [[ "$output" == *"there is no sudo; run as root: apt-get update && apt-get install -y"* ]]
        not_called apt-get
}

@test "--no-install goes on without runtime libraries, naming them" {
        everything_is_here
        missing='libuv1-dev liburing-dev'
        run sandboxed "$setup" bench --no-install
        [ "$status" -eq 0 ]
        [[ "$output" == *"going on without: libuv, liburing" ]]
        not_called apt-get
}

@test "--no-install stops when the compiler, CMake or jansson is missing, with the line" {
        for tool in cc cmake; do
                everything_is_here
                rm "$bin/$tool"
                run sandboxed "$setup" bench --no-install
                [ "$status" -eq 1 ]
                [[ "$output" == *"missing "*"apt-get install -y --no-install-recommends"* ]]
        done
        everything_is_here
        missing=libjansson-dev
        run sandboxed "$setup" bench --no-install
        [ "$status" -eq 1 ]
        [[ "$output" == *"missing libjansson-dev; run: apt-get update && apt-get install"* ]]
        user=1000
        run sandboxed "$setup" bench --no-install
        [[ "$output" == *"missing libjansson-dev; run: sudo apt-get update && sudo apt-get install"* ]]
        not_called apt-get
}

@test "a runtime package that the archive lacks does not stop the rest" {
        unknown=liburing-dev
        run sandboxed "$setup" bench --yes
        [ "$status" -eq 0 ]
        [[ "$output" == *"going on without liburing-dev (E: Unable to locate package liburing-dev)"* ]]
        install_call libevent-dev
        install_call gcc libc6-dev cmake pkg-config libjansson-dev
}

@test "a required package that cannot be installed stops, with what apt-get said" {
        unknown=cmake
        run sandboxed "$setup" bench --yes
        [ "$status" -eq 1 ]
        [[ "$output" == *"E: Unable to locate package cmake"* ]]
        [[ "$output" == *"cannot install"* ]]
}

@test "a failing update is told and the installation tried" {
        stub apt-get 'if [ "$1" = update ]; then echo "E: no network"; exit 100; fi'
        run sandboxed "$setup" bench --yes
        [ "$status" -eq 0 ]
        [[ "$output" == *"apt-get update failed (E: no network)"* ]]
}

@test "the runtimes' packages come from the ab_runtime lines" {
        everything_is_here
        echo 'ab_runtime(made_up ROWS made_up made_up-2 STYLE "#000000 1" PKG m APT libm1-dev libm2-dev)' \
                >>"$checkout/CMakeLists.txt"
        missing='libm1-dev libm2-dev'
        run sandboxed "$setup" bench --yes
        [ "$status" -eq 0 ]
        install_call libm1-dev libm2-dev
}

@test "cargo counts wherever it comes from, its crates are packages" {
        everything_is_here
        missing='cargo librust-tokio-dev'
        run sandboxed "$setup" bench --yes
        [ "$status" -eq 0 ]
        install_call librust-tokio-dev
        rm "$bin/cargo"
        run sandboxed "$setup" bench --yes
        install_call cargo librust-tokio-dev
}

@test "elsewhere than on Debian it names what is missing and stops, or goes on when nothing is required" {
        everything_is_here
        rm "$bin/apt-get" "$bin/dpkg-query"
        stub pkg-config 'case $2 in jansson | libuv) exit 1 ;; esac'
        run sandboxed "$setup" bench --yes
        [ "$status" -eq 1 ]
        [[ "$output" == *"missing: jansson, libuv" ]]
        stub pkg-config 'case $2 in libuv) exit 1 ;; esac'
        stub cc 'exit 1'
        run sandboxed "$setup" bench
        [ "$status" -eq 1 ]
        [[ "$output" == *"missing: C library headers, libuv, libev" ]]
        stub cc ''
        run sandboxed "$setup" bench
        [ "$status" -eq 0 ]
        [[ "$output" == *"going on without: libuv" ]]
}

@test "an unknown word and two opposite ones are refused" {
        run sandboxed "$setup" --ye
        [ "$status" -eq 1 ]
        [[ "$output" == *"unknown word '--ye'; known are bench, test, --yes, --no-install" ]]
        run sandboxed "$setup" --yes --no-install
        [ "$status" -eq 1 ]
        not_called apt-get
}
