#!/bin/sh
# SPDX-License-Identifier: MIT
# The rows' echo servers beside published ones, in alternating pairs on one processor, with one load generator.
set -eu
export LC_ALL=C

usage() {
        cat <<'END'
usage: scripts/peers.sh PEERS [PAIRS] [CONNECTIONS] [BUILD_DIR]

PEERS is a file with a line for each published server, which you have built yourself:
        row|name|repository|commit|command with @PORT@ in it
The row's server and that one take turns on processor 0, with the client on it, too: PAIRS (11) times for 1 s
at CONNECTIONS (50). One line of CSV for each goes to standard output: the median of the ratios ours / theirs
with its 95 % interval by order statistics, and both medians. Below 6 pairs there is no interval.
END
}

case $#/${1-} in
*/-h | */--help) usage && exit 0 ;;
1/* | 2/* | 3/* | 4/*) ;;
*)
        usage >&2
        exit 1
        ;;
esac
peers=$1 pairs=${2:-11} connections=${3:-50} build=${4:-build}
[ -r "$peers" ] || { echo "peers.sh: cannot read $peers" >&2 && exit 1; }
[ -x "$build/asyncbench-load" ] || { echo "peers.sh: $build/asyncbench-load is not there: build first" >&2 && exit 1; }
dir=$(mktemp -d)
server=
trap 'stop; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

stop() {
        [ -z "$server" ] || { kill "$server" 2>/dev/null || :; wait "$server" 2>/dev/null || :; }
        server=
}

# A port that nobody listens on now; each turn takes another one.
port=20000
next_port() {
        port=$((port + 1))
}

# rate PORT: replies a second, every one of them right; nothing when the client met an error.
rate() {
        "$build/asyncbench-load" --connect "127.0.0.1:$1" --connections "$connections" --cpus 0 --warmup-ms 100 \
                --window-ms 1000 --out-fd 1 >"$dir/records" 2>"$dir/errors" &&
                sed -n 's/.*"name":"requests_per_s".*"value":\([0-9.]*\).*/\1/p' "$dir/records"
}

# The server says itself that it listens, or is asked until somebody does.
wait_for_port() {
        for _ in $(seq 100); do
                "$build/asyncbench-load" --connect "127.0.0.1:$1" --connections 1 --warmup-ms 0 --window-ms 1 \
                        >/dev/null 2>&1 && return 0
                sleep 0.05
        done
        return 1
}

# turn COMMAND...: the rate of this server, which is ended afterwards.
turn() {
        "$@" >/dev/null 2>&1 3>&- &
        server=$!
        wait_for_port "$port" && rate "$port"
        stop
}

ours() {
        next_port
        turn taskset -c 0 "$build/asyncbench-${1%%-*}" serve --runtime "$1" --listen "127.0.0.1:$port"
}

theirs() {
        next_port
        # shellcheck disable=SC2046 # a command with its words
        turn taskset -c 0 $(printf '%s' "$1" | sed "s/@PORT@/$port/g")
}

# Pairs "ours theirs" on standard input: median, interval, medians.
summary() {
        awk '
        function sort(a, n,   i, j, t) {
                for (i = 2; i <= n; i++)
                        for (j = i; j > 1 && a[j - 1] > a[j]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
        }
        function median(a, n) { sort(a, n); return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2 }
        # the largest k with P(Bin(n, 1/2) <= k - 1) <= 2.5 %; 0 = none
        function rank(n,   k, p, sum) {
                p = 0.5 ^ n; sum = 0
                for (k = 0; sum + p <= 0.025; k++) { sum += p; p = p * (n - k) / (k + 1) }
                return k
        }
        NF == 2 { n++; ratio[n] = $1 / $2; us[n] = $1; them[n] = $2 }
        END {
                if (!n) { print ",,,,,0"; exit }
                m = median(ratio, n); k = rank(n)
                low = k ? sprintf("%.4f", ratio[k]) : ""; high = k ? sprintf("%.4f", ratio[n + 1 - k]) : ""
                printf "%.4f,%s,%s,%.0f,%.0f,%d\n", m, low, high, median(us, n), median(them, n), n
        }'
}

echo 'row,peer,repository,commit,connections,ratio,ratio_low,ratio_high,ours_per_s,theirs_per_s,pairs'
while IFS='|' read -r row name repository commit command; do
        case $row in '' | \#*) continue ;; esac
        : >"$dir/pairs"
        for i in $(seq "$pairs"); do
                if [ $((i % 2)) = 0 ]; then
                        a=$(ours "$row") b=$(theirs "$command")
                else
                        b=$(theirs "$command") a=$(ours "$row")
                fi
                echo "$a $b" >>"$dir/pairs"
        done
        echo "$row,$name,$repository,$commit,$connections,$(summary <"$dir/pairs")"
done <"$peers"
