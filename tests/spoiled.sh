#!/bin/sh
# SPDX-License-Identifier: MIT
# contract_test passes an executable that knows nothing of the suite, and names what is wrong with one that
# misbehaves, or is spoiled in a single place.
#   spoiled.sh BIN_DIR      BIN_DIR holds contract_test and asyncbench-stub
set -eu
LC_ALL=C
export LC_ALL
bin=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
asked=0 failures=0

# The exit status of contract_test and the rules that it says are broken; bad arguments count as one.
verdict() {
        code=0
        "$bin/contract_test" "$@" >"$dir/tap" 2>&1 || code=$?
        printf '%s' "$code"
        sed -n 's/^not ok [0-9]* - //p' "$dir/tap" | sed 's/^\(bad arguments\):.*/\1/' | uniq | sed 's/^/; /' | tr -d '\n'
}

# What $1 came to is $2, and had to be $3.
judge() {
        asked=$((asked + 1))
        [ "$2" != "$3" ] || return 0
        failures=$((failures + 1))
        printf 'not ok: %s\n  is:     %s\n  wanted: %s\n' "$1" "$2" "$3" >&2
}

row() { # ROW VERDICT
        judge "row $1" "$(verdict --exe "$dir/asyncbench-stub" --row "$1" --only mutex/sync)" "$2"
}

# The stub behind a script that edits what it says, by the sed scripts and statuses in these files.
cp "$bin/asyncbench-stub" "$dir/"
mkdir "$dir/spoiled"
cat >"$dir/spoiled/asyncbench-stub" <<'END'
#!/bin/sh
cd "${0%/*}" || exit
if [ "${1-}" = describe ]; then
        ../asyncbench-stub describe | sed -f describes
        exit
fi
code=0
../asyncbench-stub "$@" 3>records 2>error || code=$?
if [ "$code" = 64 ]; then
        sed -f complains error >&2
        exit "$(cat refuses)"
fi
sed -f records-edited records >&3
exit "$(cat ends)"
END
chmod +x "$dir/spoiled/asyncbench-stub"

whole() {
        for file in describes complains records-edited; do : >"$dir/spoiled/$file"; done
        echo 64 >"$dir/spoiled/refuses"
        echo 0 >"$dir/spoiled/ends"
}

spoiled() { # FILE TEXT RULE: the one rule that FILE with TEXT in it breaks
        whole
        printf '%s\n' "$2" >"$dir/spoiled/$1"
        judge "$1 $2" "$(verdict --exe "$dir/spoiled/asyncbench-stub" --row stub --only mutex/sync)" "1; $3"
}

describes() {
        spoiled describes "$1" "describe: $2"
}

records() {
        spoiled records-edited "$1" "mutex/sync on stub: $2"
}

# ---- rows of the stub: these are as they should be, those are not -------------------------------------------
for good in stub ok deadlock spin skip; do row $good 0; done
speaks='its records are those of the protocol, in order'
agrees='its exit status agrees with its checks and its last record'
for row in flood long-line garbage out-of-order; do row $row "1; mutex/sync on $row: $speaks"; done
for row in miscount no-outcome exit-status; do row $row "1; mutex/sync on $row: $agrees"; done
for row in hang crash killed; do row $row "1; mutex/sync on $row: it ends by itself in time"; done
row leftover '1; mutex/sync on leftover: it leaves no process behind; mutex/sync on leftover: it comes out as expected'
row unexpected-deadlock '1; mutex/sync on unexpected-deadlock: it comes out as expected'
row nonesuch '1; describe: has what was asked for'

# ---- what it says about itself ------------------------------------------------------------------------------
whole
judge 'spoiled nowhere' "$(verdict --exe "$dir/spoiled/asyncbench-stub" --row stub --only mutex/sync)" 0
describes 'w /dev/stderr' 'exits 0, silent on standard error'
describes 's/}$//' 'prints one JSON object'
describes 's/"absent"/"absence"/' 'has every field in its form'
describes 's/"protocol": 1/"protocol": 2/' 'speaks this version of the protocol'
describes 's/"name": "stub"/"name": "stump"/' 'says the name of its file'
describes 's/"runtime": "stub"/"runtime": "stump"/' "the first row is the file's NAME or NAME-suffix"
form='row stub: has every field in its form'
describes 's/"version": "1"/"version": 1/' "$form"
describes 's/"model": "[^"]*"/"model": ""/' "$form"
describes 's/"buffers": "none", //' "$form"
describes 's/"released": 2020/"released": -1/' "$form"
describes 's/"knobs": \[\]/"knobs": [{"name": "x", "value": 1, "meaning": "x"}]/' "$form"
describes 's/as-documented/as-fast-as-can-be/' 'row stub: its effort is as-documented or tuned'
describes 's/"traits": \[\]/"traits": ["BRAVE"]/' 'row stub: its traits are known'
describes 's/"available": true/"available": false/' 'row stub: it has a reason when it cannot run here, and only then'
mistake='{"workload": "mutex", "variant": "nonesuch", "looks_like": "x", "report": null}'
describes "s/\"mistakes\": \\[\\]/\"mistakes\": [$mistake]/" 'row stub: its mistakes are cells'
describes 's/"runtime": "slow"/"runtime": "ok"/' 'its rows have names of their own'
absent='"runtime": "stub", "workload": "mutex", "variant"'
describes "s/\"absent\": \\[/&{$absent: \"bare\", \"reason\": \"\"}/" 'absent cells: each has every field in its form'
describes "s/\"absent\": \\[/&{$absent: \"bear\", \"reason\": \"x\"}/" "absent cells: each is one of the tables', once"

# ---- what it does with bad arguments ------------------------------------------------------------------------
spoiled refuses 1 'bad arguments'
spoiled refuses 0 'bad arguments'
spoiled complains d 'bad arguments'
spoiled complains p 'bad arguments'
spoiled complains 's/: .*/: no/' 'bad arguments'
spoiled complains 'w /dev/stdout' 'bad arguments'
spoiled complains 'w /dev/fd/3' 'bad arguments'

# ---- what it records ----------------------------------------------------------------------------------------
# shellcheck disable=SC2016 # $ is sed's last line
{
        records 1d "$speaks"
        records '$p' "$speaks"
        records '/"ready"/d' "$speaks"
        records '/"drain"/s/"at_ns":[0-9]*/"at_ns":1/' "$speaks"
        records '/"check"/s/,"detail".*/}/' "$speaks"
        records '$d' "$agrees"
        records '/"check"/s/true/false/' "$agrees"
        spoiled ends 1 "mutex/sync on stub: $agrees"
        spoiled ends 77 "mutex/sync on stub: $agrees"
        spoiled ends 3 "mutex/sync on stub: $agrees"
        records '/"done"/d' 'it completes after the last phase only'
        records 's/"acquire_ns"/"acquire_ms"/' "its metrics are the workload's"
        records '/"metric"/s/"ns"/"ms"/' "its metrics are the workload's"
        records '/"metric"/d' 'a priced cell that completes has a metric'
        for kind in metric count knob histogram; do records "/\"record\":\"$kind\"/p" 'no name is said twice'; done
        records '$s/"completed"/"stalled","evidence":"idle"/' 'it comes out as expected'
}
adds_up='its histograms agree with themselves'
for edit in 's/"count":4/"count":5/' 's/\[5,1\],\[9,1\]/[9,1],[5,1]/' 's/\[9,1\]/[99999,1]/' 's/\[9,1\]/[9,1,1]/' \
        's/"max":9/"max":10/' 's/"min":1/"min":0/' 's/"sum":16/"sum":17/' 's/_digits":2/_digits":4/' 's/"overflow":0,//'; do
        records "/histogram/$edit" "$adds_up"
done

# ---- a row that says it cannot run --------------------------------------------------------------------------
spoiled describes 's/"available": true, "reason": null/"available": false, "reason": "no kernel"/' \
        'mutex/sync on stub: it is skipped where its row cannot run'

# ---- its own arguments --------------------------------------------------------------------------------------
refused() { # LINE ARGUMENT...
        wanted="64 $1"
        shift
        code=0
        "$bin/contract_test" "$@" >"$dir/tap" 2>&1 || code=$?
        judge "contract_test $*" "$code $(cat "$dir/tap")" "$wanted"
}
usage='contract_test: usage: contract_test --exe PATH [--row ROW] [--only WORKLOAD[/VARIANT]]'
refused "$usage"
refused "$usage" --exe
refused "$usage" --row stub
refused "$usage" --executable "$dir/asyncbench-stub"
refused "contract_test: 'sh' is not named asyncbench-NAME, which says what its rows are" --exe /bin/sh
refused "contract_test: unknown workload 'mutx'; did you mean mutex?" --only mutx --exe "$dir/asyncbench-stub"
refused "contract_test: unknown variant 'sink'; did you mean sync?" --only mutex/sink --exe "$dir/asyncbench-stub"

echo "$asked verdicts, $failures wrong"
exit $((failures > 0))
