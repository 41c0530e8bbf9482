#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The driver against a made-up runtime whose rows misbehave: what one does costs no other sample anything.
# AB_BUILD is the build folder.

# shellcheck disable=SC2154 # stub.bash sets these names
load stub

setup() {
        make_libexec
        out=$BATS_TEST_TMPDIR/out
}

# One cell a row, with a short warm-up.
measure() {
        "$AB_BUILD/asyncbench" run --only mutex/sync --set tasks=1 --set workers=1 --set warmup_ms=1 --seed 1 "$@"
}

# The same in the background, as process $driver; what it says goes to the file `said`. A shell's background
# jobs ignore INT, which is undone here.
measure_in_background() {
        env --default-signal=INT "$AB_BUILD/asyncbench" run --only mutex/sync --set tasks=1 --set workers=1 \
                --set warmup_ms=1 --seed 1 "$@" >"$BATS_TEST_TMPDIR/said" 2>&1 &
        driver=$!
}

# Wait until the journal of folder $1 has $2 samples.
wait_for_samples() {
        local tries=0 have=0
        while [ "$have" -lt "$2" ]; do
                [ $((tries += 1)) -le 500 ]
                sleep 0.02
                have=$(grep -c '"record":"sample"' "$1/journal.jsonl" 2>/dev/null) || have=0
        done
}

# The status, reason and outcome of each sample of ROW in the journal.
ended() {
        grep '"record":"sample"' "$out/journal.jsonl" | grep "\"runtime\":\"$1\"" |
                sed 's/.*"status":"\([^"]*\)","reason":"\([^"]*\)".*/\1(\2)/'
}

@test "each row ends in its own status, and costs no other sample" {
        run measure --rounds 1 --set window_ms=20 --out "$out"
        [ "$status" -eq 2 ]
        [ "$(ended ok)" = 'ok()' ]
        [ "$(ended slow)" = 'ok()' ]
        [ "$(ended hang)" = 'timeout(window)' ]
        [ "$(ended never-ready)" = 'timeout(start)' ]
        [ "$(ended ignore-term)" = 'timeout(window)' ]
        [ "$(ended deadlock)" = 'deadlock()' ]
        [ "$(ended unexpected-deadlock)" = \
                'failed(check: outcome deadlock, expected completed: nobody is left to wake anybody)' ]
        [ "$(ended spin)" = 'stalled()' ]
        [ "$(ended crash)" = 'failed(signal: SIGSEGV)' ]
        [ "$(ended killed)" = 'failed(signal: SIGKILL)' ]
        [ "$(ended oom)" = 'oom(the kernel killed it for want of memory)' ]
        [ "$(ended miscount)" = 'failed(check: sum: 5 = 4)' ]
        [ "$(ended flood)" = 'failed(protocol: more than 1048576 bytes in one sample)' ]
        [ "$(ended long-line)" = 'failed(protocol: a line of more than 524288 bytes)' ]
        [ "$(ended garbage)" = 'failed(protocol: a line that is no JSON object with a record)' ]
        [ "$(ended out-of-order)" = 'failed(protocol: phase window after ready)' ]
        [ "$(ended no-outcome)" = 'failed(protocol: no outcome record)' ]
        [ "$(ended exit-status)" = 'failed(exit: 3: no such luck)' ]
        [ "$(ended skip)" = 'skipped(no such kernel feature)' ]
        [ "$(ended leftover)" = 'failed(leftover: it ended and left processes behind, now killed)' ]
        [ ! -e "/proc/$(cat "$libexec/leftover.pid")" ]
        grep -q '"record":"end","result":"complete","exit":2' "$out/journal.jsonl"
        [[ $output == *'about to crash'* ]]
        [[ $output == *thread* ]]
}

@test "a sample that ignores TERM is killed a second later" {
        measure --rounds 1 --set window_ms=20 --runtimes ignore-term --out "$out" || [ $? -eq 2 ]
        wall_ns=$(grep '"runtime":"ignore-term"' "$out/journal.jsonl" | sed 's/.*"wall_ns":\([0-9]*\).*/\1/' | head -1)
        # 1,024 ms until the window is over, 1,000 ms between TERM and KILL.
        [ "$wall_ns" -ge 2024000000 ]
}

@test "good samples alone exit 0, skipped ones alone 77, with nothing to run 77" {
        measure --rounds 2 --set window_ms=1 --runtimes ok,deadlock,spin --out "$out"
        run measure --rounds 2 --set window_ms=1 --runtimes skip --out "$out.2"
        [ "$status" -eq 77 ]
        run measure --runtimes gone --out "$out.3"
        [ "$status" -eq 77 ]
        [[ $output == *'gone is absent: not built: pkg-config does not know gone; install libgone-dev'* ]]
        [ ! -e "$out.3" ]
}

@test "an absent row that is asked for beside others is a notice" {
        run measure --rounds 1 --set window_ms=1 --runtimes ok,gone --out "$out"
        [ "$status" -eq 0 ]
        [[ $output == *'gone is absent'* ]]
        grep -q '^,,,mutex,sync,gone,,,0,not built: pkg-config does not know gone$' "$out/schedule.csv"
}

@test "the reference row runs a second time beside itself" {
        measure --rounds 3 --set window_ms=1 --runtimes ok,slow --out "$out"
        [ "$(ended ok-aa | grep -c '^ok')" -eq 3 ]
}

@test "round 0 counts the system calls of each cell once, before all others" {
        cp "$AB_BUILD/asyncbench-syscalls" "$libexec/"
        measure --rounds 3 --set window_ms=1 --runtimes ok --out "$out"
        [ "$(cut -d, -f1,2,6 "$out/schedule.csv" | grep -c ',0,ok$')" -eq 1 ]
        grep -q '^1,0,1,mutex,sync,ok,' "$out/schedule.csv"
        [ "$(grep -c '"record":"sample".*"round":0,.*"status":"\(ok\|skipped\)"' "$out/journal.jsonl")" -eq 1 ]
        [ "$(grep -c '^[^,]*,0,1,mutex,sync,ok,' "$out/samples.csv")" -ge 1 ]
        # Times count the other three rounds.
        grep -q 'acquire_ns,ns,ok,sync,,,3,12.5,' "$out/summary.csv"
        "$AB_BUILD/asyncbench" run --resume "$out"
}

@test "where system calls cannot be counted, samples of round 0 are skipped and the run is good" {
        cat >"$libexec/asyncbench-syscalls" <<'END'
#!/bin/sh
echo '{"record":"skip","reason":"ptrace is refused here","remedy":"allow ptrace"}' >&3
exit 77
END
        chmod +x "$libexec/asyncbench-syscalls"
        run measure --rounds 2 --set window_ms=1 --runtimes ok,slow --out "$out"
        [ "$status" -eq 0 ]
        [[ $output == *'complete: 6 ok, 2 skipped'* ]]
        grep -q '"round":0,.*"status":"skipped","reason":"ptrace is refused here","remedy":"allow ptrace"' "$out/journal.jsonl"
        grep -q 'acquire_ns,ns,ok,sync,,,2,12.5,' "$out/summary.csv"
}

@test "a sample that crashes while it is counted crashes as it would without" {
        cp "$AB_BUILD/asyncbench-syscalls" "$libexec/"
        measure --rounds 1 --set window_ms=1 --runtimes crash,leftover,hang --out "$out" || [ $? -eq 2 ]
        grep -q '"round":0,.*"status":"skipped"' "$out/journal.jsonl" && skip 'ptrace is refused here'
        [ "$(grep '"round":0,' "$out/journal.jsonl" | grep -c '"failed","reason":"signal: SIGSEGV"')" -eq 1 ]
        [ "$(grep '"round":0,' "$out/journal.jsonl" | grep -c '"timeout","reason":"window"')" -eq 1 ]
        nothing_is_left
}

@test "a group that lost time to its neighbours is tried again, and invalid when it loses it again" {
        # 3 samples of 700 ms a group; a tenth of 10 rounds may be repeated: one group.
        run measure --rounds 10 --set window_ms=700 --runtimes steal-once,ok --out "$out"
        [ "$status" -eq 0 ]
        [ "$(grep -c '"result":"again","reason":"steal ' "$out/journal.jsonl")" -eq 1 ]
        [ "$(grep -c '"result":"ok"' "$out/journal.jsonl")" -eq 10 ]
        [ "$(grep -c '"record":"sample"' "$out/journal.jsonl")" -eq 33 ]
        rm "$libexec/calls"
        run measure --rounds 6 --set window_ms=1100 --runtimes steal --out "$out.2"
        [ "$status" -eq 2 ]
        [ "$(grep -c '"result":"invalid","reason":"steal ' "$out.2/journal.jsonl")" -eq 6 ]
        # Fewer rounds give no verdict: there the gates are written down only.
        measure --rounds 1 --set window_ms=1100 --runtimes steal --out "$out.3"
        grep -q '"steal":0.[1-9]' "$out.3/journal.jsonl"
}

@test "a killed driver takes its sample along, and --resume finishes what is missing, once" {
        measure_in_background --rounds 40 --set window_ms=30 --runtimes ok,deadlock --out "$out"
        wait_for_samples "$out" 7
        kill -9 "$driver"
        wait_for_exit "$driver"
        sleep 0.1
        nothing_is_left
        printf '{"record":"sample","order":' >>"$out/journal.jsonl"
        run "$AB_BUILD/asyncbench" run --resume "$out" --seed 2
        [ "$status" -eq 1 ]
        [[ $output == *'begun with seed 1, not 2'* ]]
        run "$AB_BUILD/asyncbench" run --resume "$out"
        [ "$status" -eq 0 ]
        [[ $output == *'the last line of '*' is torn and dropped'* ]]
        [[ $output == *'complete: 80 ok, 40 deadlock'* ]]
        grep -q '"record":"resume"' "$out/journal.jsonl"
        # Every order has a sample, and 40 groups a verdict.
        [ "$(grep -o '"record":"sample","order":[0-9]*' "$out/journal.jsonl" | sort -u | wc -l)" -eq 120 ]
        [ "$(grep -c '"record":"group".*"result":"ok"' "$out/journal.jsonl")" -eq 40 ]
        # Nothing is missing any more: nothing is run.
        length=$(wc -l <"$out/journal.jsonl")
        "$AB_BUILD/asyncbench" run --resume "$out"
        [ "$(wc -l <"$out/journal.jsonl")" -eq $((length + 2)) ]
}

@test "--resume refuses another executable, a damaged journal, and a folder that is no run" {
        measure --rounds 2 --set window_ms=1 --runtimes ok --out "$out"
        run "$AB_BUILD/asyncbench" run --resume "$libexec"
        [ "$status" -eq 1 ]
        cp -R "$out" "$out.2"
        sed -i '3s/"ok"/"OK"/' "$out.2/journal.jsonl"
        run "$AB_BUILD/asyncbench" run --resume "$out.2"
        [ "$status" -eq 1 ]
        [[ $output == *'line 3 is damaged: its checksum is wrong'* ]]
        echo >>"$libexec/asyncbench-stub"
        run "$AB_BUILD/asyncbench" run --resume "$out"
        [ "$status" -eq 1 ]
        [[ $output == *'begun with other executables than these (asyncbench-stub)'* ]]
}

@test "the first INT or TERM ends the run in good order, with a valid partial folder" {
        for signal in INT TERM; do
                measure_in_background --rounds 40 --set window_ms=30 --runtimes ok --out "$out.$signal"
                wait_for_samples "$out.$signal" 3
                kill -$signal "$driver"
                wait_for_exit "$driver"
                [ "$signal:$code" = INT:130 ] || [ "$signal:$code" = TERM:143 ]
                grep -q "interrupted: .* not run" "$BATS_TEST_TMPDIR/said"
                tail -1 "$out.$signal/journal.jsonl" | grep -q '"record":"end","result":"interrupted"'
                "$AB_BUILD/asyncbench" report "$out.$signal" --no-plots
                # ... and it may go on.
                "$AB_BUILD/asyncbench" run --resume "$out.$signal" | grep -q 'complete: 80 ok'
        done
}

@test "a budget ends the run between groups" {
        run measure --rounds 100 --set window_ms=200 --runtimes ok --budget 1s --out "$out"
        [ "$status" -eq 0 ]
        [[ $output == *'budget: '*' not run'* ]]
        tail -1 "$out/journal.jsonl" | grep -q '"record":"end","result":"budget"'
}

@test "an existing folder is refused and left alone" {
        mkdir "$out"
        run measure --rounds 1 --set window_ms=1 --runtimes ok --out "$out"
        [ "$status" -eq 1 ]
        [[ $output == *"$out exists already"* ]]
        [ -z "$(ls -A "$out")" ]
}

@test "a folder that cannot be made is exit 4" {
        run measure --rounds 1 --set window_ms=1 --runtimes ok --out /proc/asyncbench
        [ "$status" -eq 4 ]
}

@test "a disk that fills up stops the run with exit 4, and every good line stays" {
        mkdir "$out.disk"
        mount -t tmpfs -o size=12m none "$out.disk" 2>/dev/null || skip 'not permitted to mount a tmpfs'
        measure_in_background --rounds 200 --set window_ms=1 --runtimes ok --out "$out.disk/run"
        wait_for_samples "$out.disk/run" 3
        head -c 20000000 /dev/zero >"$out.disk/fill" 2>/dev/null || true
        wait_for_exit "$driver"
        cp -R "$out.disk/run" "$out"
        umount "$out.disk"
        [ "$code" -eq 4 ]
        grep -q 'journal.jsonl cannot be written' "$BATS_TEST_TMPDIR/said"
        "$AB_BUILD/asyncbench" run --resume "$out" | grep -q 'complete: 400 ok'
}

@test "a second instance is refused" {
        measure_in_background --rounds 100 --set window_ms=50 --runtimes ok --out "$out"
        wait_for_samples "$out" 1
        run measure --rounds 1 --set window_ms=1 --runtimes ok --out "$out.2"
        kill "$driver"
        wait_for_exit "$driver"
        [ "$status" -eq 3 ]
        [[ $output == *'another run is under way'* ]]
        [ ! -e "$out.2" ]
}

@test "the same seed plans the same, another one otherwise" {
        measure --rounds 6 --set window_ms=1 --runtimes ok,spin --out "$out"
        measure --rounds 6 --set window_ms=1 --runtimes ok,spin --out "$out.2"
        cmp "$out/schedule.csv" "$out.2/schedule.csv"
        measure --rounds 6 --set window_ms=1 --runtimes ok,spin --out "$out.3" --seed 2
        run cmp -s "$out/schedule.csv" "$out.3/schedule.csv"
        [ "$status" -eq 1 ]
}

@test "what is written names no host, user or folder" {
        measure --rounds 1 --set window_ms=1 --runtimes ok --out "$out"
        run grep -e "$(hostname)" -e "$BATS_TEST_TMPDIR" -e "$AB_BUILD" "$out/environment.json" "$out/journal.jsonl"
        [ "$status" -eq 1 ]
}

@test "--dry-run prints what is needed beside what is there, and starts nothing" {
        run measure --runtimes ok --out "$out" --dry-run
        [ "$status" -eq 0 ]
        for word in time memory descriptors threads ports disk; do
                [[ $output == *"$word "* ]]
        done
        [ ! -e "$out" ]
}

@test "a wrong word is one line with the nearest right ones, exit 1, and nothing started" {
        refused() { # WORDS THAT MUST BE SAID, arguments...
                local words=$1
                shift
                run "$AB_BUILD/asyncbench" "$@"
                [ "$status" -eq 1 ]
                [ "${#lines[@]}" -eq 1 ]
                [[ $output == *"$words"* ]]
        }
        refused "unknown command 'rnu'; did you mean run?" rnu
        refused "unknown profile 'quik'; did you mean quick?" run quik
        refused "unknown option 'runtime-s'" run --runtime-s ok
        refused "unknown option 'rouns'; did you mean rounds?" run --rouns 3
        refused "--rounds needs a value: N" run --rounds
        refused "--rounds: '0' is not a number from 1 to 10000" run --rounds 0
        refused "--budget: '10' is not a time such as 90s, 10m or 2h" run --budget 10
        refused "unknown workload 'mutx'; did you mean mutex?" run --only mutx
        refused "unknown variant of mutex 'asinc'; did you mean async?" run --only mutex/asinc
        refused "unknown runtime 'slov'; did you mean slow?" run --runtimes slov
        refused "unknown parameter 'task'; did you mean tasks?" run --set task=1
        refused "bad value 'al' of parameter workers: from 1 to 64 or all; did you mean all?" run --set workers=al
        refused "bad value '99999' of parameter tasks: from 1 to 10000; the nearest is 10000" run --set tasks=99999
        refused "--server-cpus: '4095' is not a list of the processors allowed here" run --server-cpus 4095
        refused "report: which folder?" report
}
