#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The rows' servers where things run out: descriptors, patience of peers, and the server's own time.

# shellcheck disable=SC2154,SC2034 # bats sets these names; a try needs no number

rows="threads epoll libuv libev libevent libevent-bufferevent liburing liburing-poll tokio-1 tokio-mt"

teardown() {
        [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
}

# serve ROW [LIMIT OF DESCRIPTORS]: $server is its process, $port where it listens
serve() {
        said=$BATS_TEST_TMPDIR/$1
        prlimit --nofile="${2:-1000}" "$AB_BUILD/asyncbench-${1%%-*}" serve --runtime "$1" --listen 127.0.0.1:0 \
                >"$said" 2>&1 3>&- &
        server=$!
        for try in {1..200}; do
                port=$(sed -n 's/^listening on 127.0.0.1:\([0-9]*\),.*/\1/p' "$said")
                [ -z "$port" ] || return 0
                sleep 0.02
        done
        cat "$said"
        return 1
}

# End it and wait: what it counted is in $said.
stop() {
        kill -TERM "$server"
        wait "$server"
        server=
}

counted() {
        sed -n "s/^$1 \([0-9]*\)$/\1/p" "$said"
}

# open N: so many more connections, whose descriptors are appended to $open
open_connections() {
        for try in $(seq "$1"); do
                exec {fd}<>"/dev/tcp/127.0.0.1/$port"
                open+=("$fd")
        done
}

# close FIRST COUNT: end these of $open
close_connections() {
        for fd in "${open[@]:$1:$2}"; do
                exec {fd}>&-
        done
}

# echoes FD: what is sent there comes back
echoes() {
        echo "hello $1" >&"$1"
        read -r -t 5 line <&"$1"
        [ "$line" = "hello $1" ]
}

# Clock ticks that the server has used.
ticks() {
        awk '{ print $14 + $15 }' "/proc/$server/stat"
}

@test "descriptors that run out cost no processor time, no connection that is open, and are used again (yesodweb/wai#928)" {
        for row in $rows; do
                [ -x "$AB_BUILD/asyncbench-${row%%-*}" ] || continue
                echo "# $row"
                open=()
                serve "$row" 64
                open_connections 100
                sleep 0.3
                before=$(ticks)
                sleep 1
                [ $(($(ticks) - before)) -lt $(($(getconf CLK_TCK) / 3)) ]
                echoes "${open[0]}"
                # libuv takes what waits and closes it, so that it does not wait for ever
                if [ "$row" != libuv ]; then
                        close_connections 10 60
                        echoes "${open[99]}"
                        close_connections 70 30
                        close_connections 0 10
                else
                        close_connections 0 100
                fi
                stop
                [ "$(counted accepted)" = "$(counted closed)" ]
                [ "$row" = libuv ] || [ "$(counted accept_failures)" -gt 0 ]
                # a failure every 50 ms and one for each worker, not thousands
                [ "$(counted accept_failures)" -lt 400 ]
        done
}

@test "a server that is stopped ends every connection, and says how many" {
        for row in $rows; do
                [ -x "$AB_BUILD/asyncbench-${row%%-*}" ] || continue
                echo "# $row"
                open=()
                serve "$row"
                open_connections 40
                echoes "${open[39]}"
                echoes "${open[7]}"
                stop
                [ "$(counted accepted)" = 40 ]
                [ "$(counted closed)" = 40 ]
                ! read -r -t 5 line <&"${open[20]}"
                close_connections 0 40
        done
}

@test "a peer that reads late gets every byte in order, and does not hold up the others" {
        head -c 24000000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
        for row in $rows; do
                [ -x "$AB_BUILD/asyncbench-${row%%-*}" ] || continue
                echo "# $row"
                open=()
                serve "$row"
                open_connections 2
                cat "$BATS_TEST_TMPDIR/data" >&"${open[0]}" &
                sleep 0.3
                echoes "${open[1]}"
                head -c 24000000 <&"${open[0]}" | cmp - "$BATS_TEST_TMPDIR/data"
                wait $!
                close_connections 0 2
                stop
                [ "$(counted bytes_in)" = "$(counted bytes_out)" ]
                # a blocking send hides what it does in parts
                [ "$row" = threads ] || [ "$(counted short_writes)" -gt 0 ]
        done
}
