#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The load generator cannot lie: what a server does wrong is said, and its times follow from arithmetic.
#
# Nothing here depends on how fast the machine is: a time is compared with another time of the same run.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # bats sets these names; a try needs no number

teardown() {
        for pid in $servers; do
                kill -CONT "$pid" 2>/dev/null || continue
                kill -TERM "$pid"
                wait "$pid" 2>/dev/null || true
        done
}

# serve COMMAND...: in the background, until it says where it listens: $server is its process, $address that place
serve() {
        local said=$BATS_TEST_TMPDIR/server
        : >"$said"
        "$@" >"$said" 2>&1 3>&- &
        server=$!
        servers="$servers $server"
        for try in {1..200}; do
                address=$(sed -n 's/^listening on \([^,]*\),.*/\1/p' "$said")
                [ -z "$address" ] || return 0
                sleep 0.02
        done
        cat "$said"
        return 1
}

bad() {
        serve "$AB_BUILD/tests/bad_echo" "$@"
}

good() {
        serve "$AB_BUILD/asyncbench-epoll" serve --listen 127.0.0.1:0 "$@"
}

# load OPTION...: against $address; its exit status in $code, its records in $records, errors in $errors
generator=asyncbench-load
load() {
        records=$BATS_TEST_TMPDIR/records errors=$BATS_TEST_TMPDIR/errors code=0
        timeout 60 "$AB_BUILD/$generator" --connect "$address" --stall-ms 3000 --warmup-ms 0 "$@" --out-fd 1 \
                >"$records" 2>"$errors" 3>&- || code=$?
}

# The same for people, in $output and $status.
load_says() {
        run timeout 60 "$AB_BUILD/$generator" --connect "$address" --stall-ms 3000 --warmup-ms 0 "$@"
}

count() {
        sed -n "s/.*\"record\":\"count\",\"name\":\"$1\",\"value\":\([0-9]*\).*/\1/p" "$records"
}

# Whole numbers are enough for all that is asked here, in thousandths of $2.
metric() {
        sed -n "s/.*\"record\":\"metric\",\"name\":\"$1\",.*\"value\":\([^}]*\)}.*/\1/p" "$records" |
                awk -v unit="${2:-1}" '{ printf "%.0f\n", $1 / unit }'
}

# The largest value in histogram $1, in ms
longest_ms() {
        sed -n "s/.*\"record\":\"histogram\",\"name\":\"$1\",.*\"max\":\([0-9]*\),.*/\1/p" "$records" |
                awk '{ printf "%.0f\n", $1 / 1e6 }'
}

detail() {
        sed -n 's/.*"record":"end","detail":"\(.*\)".*/\1/p' "$records"
}

# $1 is $2, give or take $3
near() {
        if [ "$1" -lt $(($2 - $3)) ] || [ "$1" -gt $(($2 + $3)) ]; then
                echo "$1 is not $2 +- $3"
                return 1
        fi
}

# Nothing is counted that has no right reply.
books_are_right() {
        [ "$(count requests)" = $(($(count replies) + $(count incomplete))) ]
        [ "$(count bytes_received)" -ge $(($(count replies) * $1)) ]
        [ "$(count window_replies)" -le "$(count replies)" ]
}

all_is_well() {
        [ "$code" = 0 ]
        [ "$(count requests)" = "$(count replies)" ]
        [ "$(count bytes_sent)" = "$(count bytes_received)" ]
        [ "$(count bytes_received)" = $(($(count replies) * $1)) ]
        [ "$(count replies)" -gt 0 ]
        for kind in refused timed_out no_port no_descriptor reset closed_early wrong stalled other_errors; do
                [ "$(count $kind)" = 0 ]
        done
        [ -z "$(detail)" ]
}

# ---- replies that are no replies ---------------------------------------------------------------------------

@test "one flipped bit after a thousand messages is found, and the rate counts the thousand" {
        bad flip 64 1000
        load --connections 1 --window-ms 200
        [ "$code" = 1 ]
        [ "$(count wrong)" = 1 ]
        [ "$(count replies)" = 1000 ]
        [ "$(metric requests_per_s)" = 5000 ]
        [ "$(detail)" = 'connection 0, message 1000, byte 40: not what was sent' ]
        books_are_right 64
}

@test "a reply that comes twice is found, also when it comes last" {
        bad duplicate 64 1000
        load --connections 1 --window-ms 200
        [ "$code" = 1 ]
        [ "$(count wrong)" = 1 ]
        [ "$(count replies)" -ge 1000 ]
        books_are_right 64
        bad repeat
        load --connections 3 --window-ms 50
        [ "$code" = 1 ]
        [ "$(count wrong)" = 3 ]
        [[ "$(detail)" == *'byte 0: more than was sent' ]]
        [ "$(count requests)" = "$(count replies)" ]
}

@test "half a reply and a close, replies of another connection, a constant: each is named and none is counted" {
        bad cut 64 1000
        load --connections 1 --window-ms 200
        [ "$code-$(count closed_early)-$(count replies)-$(count incomplete)" = 1-1-1000-1 ]
        [ "$(metric requests_per_s)" = 5000 ]
        bad swap
        load --connections 2 --window-ms 200
        [ "$code-$(count wrong)-$(count replies)" = 1-2-0 ]
        bad constant
        load --connections 5 --window-ms 200
        [ "$code-$(count wrong)-$(count replies)-$(metric requests_per_s)" = 1-5-0-0 ]
        load_says --connections 5 --window-ms 200
        [ "$status" = 1 ]
        [[ "$output" == *'5 wrong'*'invalid'*'5 errors, 5 of 5 messages without a right reply'* ]]
}

@test "where a tenth of the connections is reset, they are counted apart and the run is invalid (aspnet/Benchmarks#320)" {
        bad reset 64 10
        for loop in '' '--rate 2000'; do
                # shellcheck disable=SC2086 # two words
                load --connections 50 --window-ms 200 $loop
                [ "$code" = 1 ]
                [ "$(count connected)" = 50 ]
                [ "$(count reset)" = 5 ]
                [ "$(count incomplete)" = 5 ]
                [ "$(count replies)" -gt 100 ]
                [ "$(count closed_by_server)" = 45 ] # the others go on to their end
                books_are_right 64
        done
}

# ---- transfers in parts ------------------------------------------------------------------------------------

@test "one-byte writes and tiny buffers pass, byte for byte, and cut transfers are counted (aws/s2n-tls#4130)" {
        bad byte-by-byte
        load --connections 10 --window-ms 100
        all_is_well 64
        [ "$(count load_short_reads)" -gt 0 ]
        bad tiny-buffers 65536
        load --connections 1 --message-bytes 65536 --depth 128 --window-ms 50 --stall-ms 10000
        all_is_well 65536
        [ "$(count load_short_reads)" -gt 0 ]
        [ "$(count load_short_writes)" -gt 0 ]
}

# ---- servers of others -------------------------------------------------------------------------------------

@test "any echo server can be asked: one in C, one in Python, one of the suite over IPv6" {
        bad honest
        load --connections 20 --depth 4 --threads 2 --window-ms 100
        all_is_well 64
        serve "$AB_BUILD/asyncbench-epoll" serve --listen '[::1]:0' --workers 2 --buffer-bytes 64
        load --connections 20 --depth 4 --message-bytes 1000 --window-ms 100
        all_is_well 1000
        kill -TERM "$server"
        wait "$server"
        grep -qx "bytes_in $(count bytes_sent)" "$BATS_TEST_TMPDIR/server"
        grep -qx "bytes_out $(count bytes_received)" "$BATS_TEST_TMPDIR/server"
        grep -qx 'closed 20' "$BATS_TEST_TMPDIR/server"
        command -v python3 || skip "no python3"
        serve python3 -u -c '
import socketserver
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo)
print("listening on 127.0.0.1:%d, python" % server.server_address[1])
server.serve_forever()'
        load --connections 5 --window-ms 100
        all_is_well 64
}

@test "serve ends in order with connections open, and refuses bad words by one line" {
        good --workers 2 --listeners shared
        exec 4<>"/dev/tcp/${address%:*}/${address##*:}"
        for signal in INT TERM; do
                kill -$signal "$server"
                code=0
                wait "$server" || code=$?
                [ "$code" = 0 ]
                grep -q '^accepted [01]$' "$BATS_TEST_TMPDIR/server"
                good
        done
        exec 4>&-
        for words in '' '--listen 7' '--listen localhost:7' '--listen 127.0.0.1:0 --workers none' \
                '--listen 127.0.0.1:0 --runtime nonesuch' '--listn 127.0.0.1:0' '--listen'; do
                # shellcheck disable=SC2086 # words
                run "$AB_BUILD/asyncbench-epoll" serve $words
                [ "$status" = 64 ]
                [ "${#lines[@]}" = 1 ]
        done
        run "$AB_BUILD/asyncbench-epoll" serve --listen "$address"
        [ "$status" = 1 ]
        [ "${#lines[@]}" = 1 ]
        [[ "$output" == *"cannot serve at $address: Address already in use" ]]
}

# ---- a server that stops -----------------------------------------------------------------------------------

# freeze WHO S OPTION...: a run with a window of 2 s, in which WHO (server or generator) is stopped for S seconds or a
# little longer, as the machine allows
freeze() {
        local who=$1 seconds=$2
        shift 2
        records=$BATS_TEST_TMPDIR/records code=0
        : >"$records"
        "$AB_BUILD/$generator" --connect "$address" --warmup-ms 100 --window-ms 2000 "$@" --out-fd 1 >"$records" 3>&- &
        local client=$! stopped=$server
        until grep -q '"phase":"window"' "$records"; do sleep 0.02; done
        sleep 0.3
        [ "$who" = server ] || stopped=$client
        kill -STOP "$stopped"
        sleep "$seconds"
        kill -CONT "$stopped"
        wait "$client" || code=$?
}

# quantile_ms HISTOGRAM PERCENT: from its buckets, whose arithmetic harness/hist.h gives
quantile_ms() {
        sed -n "s/.*\"record\":\"histogram\",\"name\":\"$1\",.*\"buckets\":\[\[\(.*\)\]\]}.*/\1/p" "$records" |
                sed 's/\],\[/\n/g' | awk -F, -v percent="$2" '
                        { index_of[NR] = $1; count_of[NR] = $2; sum += $2 }
                        END {
                                for (i = 1; i <= NR; i++) {
                                        seen += count_of[i]
                                        if (seen * 100 >= sum * percent)
                                                break
                                }
                                bucket = int(index_of[i] / 1024) - 1
                                value = bucket < 0 ? index_of[i] : (index_of[i] % 1024 + 1024) * 2 ^ bucket
                                printf "%.0f\n", value / 1e6
                        }'
}

# A stop of S in a window W at a constant rate: what is planned x after its beginning waits S - x, the rest nothing. So
# the share of messages with a response time above r is (S - r) / W, and quantile q is S - (1 - q) W, if that is
# above 0. What was held up is answered at once: here 50 connections ask for 1000 messages a second of a server that
# can do many times as many.

# The stop lasted no less than it was told, and no longer than the longest time in the histogram: quantile $2 of
# histogram $1 lies between what follows from the one and, give or take a twentieth, from the other. A time too short
# is a lie and fails. One too long was the machine's, if it does not come again: then this returns 1.
quantile_follows() {
        local found longest before=$(((100 - $2) * 20))
        longest=$(longest_ms "$1")
        found=$(quantile_ms "$1" "$2")
        if [ "$found" -lt $((asked_ms - before - 5)) ]; then
                echo "p$2 of $1 is $found ms: a stop of $asked_ms ms cannot give less than $((asked_ms - before))" >&2
                exit 1
        fi
        [ "$found" -le $(((longest > before ? longest - before : 0) + asked_ms / 20)) ]
}

# stops WHO MS CHECK: three tries at a machine that does not stop by itself beside that
stops() {
        asked_ms=$2
        for try in 1 2 3; do
                freeze "$1" "0.$2" --rate 1000 --arrivals fixed --connections 50
                all_is_well 64
                [ "$(count planned)" = 2000 ]
                [ "$(longest_ms response_ns)" -ge "$asked_ms" ]
                ! "$3" || return 0
        done
        return 1
}

# Of 2000 messages 50 lay in the server, the others waited for a connection: by service times it looks well.
quarter_is_as_expected() {
        quantile_follows response_ns 50 && quantile_follows response_ns 90 && quantile_follows response_ns 99 &&
                [ "$(quantile_ms service_ns 90)" -lt 25 ]
}

closed_loop_does_not_see_it() {
        for try in 1 2 3; do
                freeze server 0.5 --connections 1
                all_is_well 64
                [ "$(longest_ms service_ns)" -ge 500 ]
                [ "$(quantile_ms service_ns 99)" -ge 25 ] || return 0
        done
        return 1
}

@test "a stop of a quarter of the run: quantiles follow from arithmetic, and a closed loop does not see it" {
        good
        stops server 500 quarter_is_as_expected
        closed_loop_does_not_see_it
}

half_is_as_expected() {
        quantile_follows response_ns 50 && quantile_follows response_ns 75
}

# S is 0.9 s of 2 s: p50 would be 0.9 - 1, which is none, and p75 is 0.9 - 0.5.
@test "a stop of nearly half the run leaves p50 as it is and makes p75 near half of it (wg/wrk#99)" {
        good
        stops server 900 half_is_as_expected
}

late_is_as_expected() {
        quantile_follows lateness_ns 90 && quantile_follows response_ns 90
}

@test "a generator that is stopped makes times longer, not fewer: each planned message is sent, late" {
        good
        stops generator 500 late_is_as_expected
}

# Each message waits at least the stall for an answer that never comes: the times of the few that did come say nothing.
@test "a server that stops for good is a stall, and what it owes is in the times" {
        good
        serving=$server
        load --rate 1000 --arrivals fixed --connections 1 --window-ms 400 --stall-ms 500 &
        sleep 0.1
        kill -STOP "$serving"
        wait $!
        kill -CONT "$serving"
        records=$BATS_TEST_TMPDIR/records
        [ "$(count stalled)" = 1 ]
        [ "$(count incomplete)" = 1 ]
        [ "$(count planned)" = 399 ] # the first one is due after the first gap
        [ "$(count unsent)" -gt 200 ]
        [ "$(quantile_ms response_ns 50)" -ge 300 ]
        [[ "$(detail)" == 'no reply for '* ]]
}

# ---- time that gets lost -----------------------------------------------------------------------------------

@test "Little's law holds at one, eight and sixty-four messages under way, and lost time is marked (wg/wrk#114)" {
        bad delay
        for connections in 1 8 64; do
                load --connections "$connections" --window-ms 300
                all_is_well 64
                near "$(metric little 0.001)" 1000 50
                [ "$(count lost_time_suspect)" = 0 ]
                [ "$(metric service_p50_ns)" -ge 1000000 ] # the server's own delay
        done
        generator=tests/mutant-load
        export AB_MUTANT=loses-time
        load --connections 1 --window-ms 300
        all_is_well 64
        [ "$(metric little 0.001)" -lt 900 ]
        [ "$(count lost_time_suspect)" = 1 ]
        load_says --connections 1 --window-ms 300
        [[ "$output" == *'warning'*'was not: replies/s are too low'* ]]
}

@test "two small writes with Nagle's algorithm show the 40 ms of a delayed acknowledgement (NVIDIA/OpenShell#2219)" {
        for try in 1 2 3; do # the kernel's timer is exact, a busy machine is not
                bad two-writes
                load --connections 10 --window-ms 600
                all_is_well 64
                [ "$(count delayed_ack_suspect)" = 0 ] || break
        done
        near "$(metric service_p50_ns 1000000)" 42 4
        load_says --connections 10 --window-ms 600
        [ "$status" = 0 ]
        [[ "$output" == *warning*'delayed acknowledgement'*TCP_NODELAY* ]]
        bad two-writes-nodelay
        load --connections 10 --window-ms 200
        all_is_well 64
        [ "$(count delayed_ack_suspect)" = 0 ]
}

# ---- limits ------------------------------------------------------------------------------------------------

@test "too few descriptors are refused before the first connection, by need and limit (ROCm/ATOM#1394)" {
        good
        run prlimit --nofile=100 "$AB_BUILD/asyncbench-load" --connect "$address" --connections 1000
        [ "$status" = 1 ]
        [ "${#lines[@]}" = 1 ]
        [[ "$output" == *'1000 connections need 1033 descriptors, and the limit is 100'* ]]
        kill -TERM "$server"
        wait "$server"
        grep -qx 'accepted 0' "$BATS_TEST_TMPDIR/server"
        serve prlimit --nofile=100:2000 "$AB_BUILD/asyncbench-epoll" serve --listen 127.0.0.1:0
        run prlimit --nofile=100:2000 "$AB_BUILD/asyncbench-load" --connect "$address" --connections 500 --window-ms 100
        [ "$status" = 0 ] # a soft limit is a default
}

# A thousand local ports: half of them for each source address.
in_narrow_network() {
        unshare -rn sh -c 'ip link set lo up && sysctl -qw net.ipv4.ip_local_port_range="40000 40999" && exec "$@"' sh "$@"
}

@test "connections without a local port are counted and named; over several addresses there are ports (JoeDog/siege#127)" {
        in_narrow_network true 2>/dev/null || skip "no network namespaces here"
        cat >"$BATS_TEST_TMPDIR/both" <<'END'
"$1/asyncbench-epoll" serve --listen "$2:7000" >/dev/null &
for try in 1 2 3 4 5 6 7 8 9; do
        sleep 0.1
        "$1/asyncbench-load" --connect "$2:7000" --connections "$3" --window-ms 100 --out-fd 1 && break
        grep -q refused.*:1, || break
done
kill %1
wait
END
        records=$BATS_TEST_TMPDIR/records
        in_narrow_network bash "$BATS_TEST_TMPDIR/both" "$AB_BUILD" '[::1]' 1500 >"$records"
        [ "$(count no_port)" = 1 ]
        [[ "$(detail)" == *'no local port is left'*'ip_local_port_range has 1000'* ]]
        [ "$(count requests)" = 0 ]
        in_narrow_network bash "$BATS_TEST_TMPDIR/both" "$AB_BUILD" 127.0.0.1 1500 >"$records"
        [ "$(count connected)" = 1500 ]
        code=0
        all_is_well 64
}

@test "bad words are refused by one line that names the nearest" {
        for words in '' '--connect 7' '--connect localhost:7' '--connect 127.0.0.1:0' '--connect [::1:7' '--connect' \
                '--connect 127.0.0.1:7 --depth 0' '--connect 127.0.0.1:7 --arrivals often' \
                '--connect 127.0.0.1:7 --threads 2 --connections 1' '--connect 127.0.0.1:7 --out-fd 99'; do
                # shellcheck disable=SC2086 # words
                run "$AB_BUILD/asyncbench-load" $words
                [ "$status" = 1 ]
                [ "${#lines[@]}" = 1 ]
        done
        run "$AB_BUILD/asyncbench-load" --conect 127.0.0.1:7
        [ "$output" = "asyncbench-load: unknown option '--conect'; did you mean --connect?" ]
        [ "$status" = 1 ]
}

# ---- connections that come and go, and those that mostly wait -------------------------------------------------

@test "clients that come, ask, stay and go are all answered, and the server ends each after them" {
        good
        load --connections 60 --rate 2000 --arrivals fixed --hold-ms 3
        [ "$code" = 0 ]
        [ "$(count replies)" = 60 ]
        [ "$(count closed_by_server)" = 60 ]
        [ "$(count bytes_received)" = $((60 * 64)) ]
        [ "$(count refused)$(count reset)$(count timed_out)" = 000 ]
}

@test "clients lose their patience with a server that stops, and are counted as that" {
        good
        kill -STOP "$server"
        load --connections 20 --rate 1000 --hold-ms 1 --stall-ms 200
        kill -CONT "$server"
        [ "$code" = 1 ]
        [ "$(count timed_out)" = 20 ]
        [ "$(count replies)" = 0 ]
}

@test "clients that come and go need a rate, and one thread" {
        run "$AB_BUILD/asyncbench-load" --connect 127.0.0.1:1 --hold-ms 1
        [ "$status" = 1 ]
        [ "${#lines[@]}" = 1 ]
        [[ "$output" == *--rate* ]]
}

@test "of many connections a few talk, and every one answers at the end" {
        good
        load --connections 300 --steps 5 --active 7 --window-ms 50
        [ "$code" = 0 ]
        [ "$(count connected)" = 300 ]
        [ "$(count pinged)" = 300 ]
        [ "$(count replies)" = $(($(count window_replies) > 0 ? $(count requests) : -1)) ]
}

@test "a run that a limit does not allow is refused at once, by the name of the limit" {
        start=$SECONDS
        run prlimit --nofile=1000 "$AB_BUILD/asyncbench" run smoke --only c10k --set connections=5000 \
                --out "$BATS_TEST_TMPDIR/run"
        [ "$status" = 3 ]
        [ $((SECONDS - start)) -lt 5 ]
        [[ "$output" == *"descriptors needed, 1000 here"*"ulimit -Hn"* ]]
        [ ! -e "$BATS_TEST_TMPDIR/run/journal.jsonl" ]
}

@test "a sample that a limit does not allow is skipped, with what would help" {
        run prlimit --nofile=500 "$AB_BUILD/asyncbench-epoll" sample --runtime epoll --workload c10k --variant ramp \
                --set connections=1000 --set active=10 --set workers=1 --set listeners=own --set buffer_bytes=16384 \
                --set family=ipv4 --set nodelay=on --set warmup_ms=1 --set window_ms=10 --set stall_ms=5000 \
                --seed 1 --out-fd 1
        [ "$status" = 77 ]
        [[ "$output" == *"the limit of descriptors of a process is 500"* ]]
        [[ "$output" == *'"remedy":"raise `ulimit -Hn`"'* ]]
}

@test "connections=all goes as far as the limit, and names it" {
        run prlimit --nofile=600 "$AB_BUILD/asyncbench-epoll" sample --runtime epoll --workload c10k --variant ramp \
                --set connections=all --set active=10 --set workers=1 --set listeners=own --set buffer_bytes=16384 \
                --set family=ipv4 --set nodelay=on --set warmup_ms=1 --set window_ms=10 --set stall_ms=5000 \
                --seed 1 --out-fd 1
        [ "$status" = 0 ]
        [[ "$output" == *'"stopped_by","value":"the limit of descriptors of a process, 600'* ]]
        [[ "$output" == *'"name":"pinged","value":472}'* ]]
}
