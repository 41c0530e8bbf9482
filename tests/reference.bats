#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scripts/reference.sh, and that the committed REPORT.md is what it would write.

# shellcheck disable=SC2154,SC2164 # scripts.bash sets these names; bats stops at the first failure
load scripts

setup() {
        mkdir -p "$checkout/results" "$BATS_TEST_TMPDIR/my run/plots"
        cp -R "$project/scripts" "$checkout/"
        cd "$BATS_TEST_TMPDIR"
        local file
        for file in environment.json schedule.csv journal.jsonl samples.csv histograms.csv summary.csv \
                plots/mutex.svg; do
                echo "$file" >"my run/$file"
        done
        echo 'left over' >'my run/core'
        cat >'my run/REPORT.md' <<'END'
# Which mistakes matter

A machine · 2 cores

## 2. Which mistakes matter here?

| mistake | epoll |
|---|---|
| async | 1.03x |

Cells: a ratio.

- Dearest here: async.

## 6. The workloads

![Cost](plots/mutex.svg) ratio 1.03 [1.01, 1.05]

| started (UTC) | 2026-01-31T12:00:00Z |
END
        cat >"$checkout/README.md" <<'END'
before
<!-- results: a script writes what follows -->
an older table
<!-- end of results -->
after
END
        reference=$checkout/scripts/reference.sh
}

@test "copies what a run consists of and writes the root report" {
        run "$reference" 'my run'
        [ "$status" -eq 0 ]
        [ -z "$output" ]
        rm 'my run/core'
        diff -r 'my run' "$checkout/results/reference"
        [ "$(sed -n 3p "$checkout/REPORT.md")" = \
                'Reference: one machine, named below. Mechanisms carry over, times do not; run ./bench.sh for yours.' ]
        grep -qxF '![Cost](results/reference/plots/mutex.svg) ratio 1.03 [1.01, 1.05]' "$checkout/REPORT.md"
        [ "$(ls -A "$checkout/results")" = reference ]
}

@test "the table of mistakes, the machine and the date go into the README and nothing else changes" {
        "$reference" 'my run'
        cat >expected <<'END'
before
<!-- results: a script writes what follows -->
2026-01-31 · A machine · 2 cores

| mistake | epoll |
|---|---|
| async | 1.03x |

Cells: a ratio.

<!-- end of results -->
after
END
        diff "$checkout/README.md" expected
        "$reference" 'my run'
        diff "$checkout/README.md" expected
}

@test "a later run replaces the earlier one whole" {
        "$reference" 'my run'
        mv 'my run/plots/mutex.svg' 'my run/plots/select.svg'
        "$reference" 'my run/'
        [ "$(ls "$checkout/results/reference/plots")" = select.svg ]
}

@test "an incomplete run is refused and the reference stays" {
        "$reference" 'my run'
        rm 'my run/summary.csv'
        echo other >'my run/REPORT.md'
        run "$reference" 'my run'
        [ "$status" -eq 1 ]
        [ "$output" = "reference.sh: 'my run' has no summary.csv; asyncbench report makes what is derived" ]
        [ -e "$checkout/results/reference/summary.csv" ]
        grep -q Cost "$checkout/REPORT.md"
}

@test "a folder that is not there, an unknown option and no word are refused" {
        run "$reference" nowhere
        [ "$status" -eq 1 ]
        [[ "$output" == *"'nowhere' is not a folder"* ]]
        run "$reference" --prin
        [ "$status" -eq 1 ]
        [[ "$output" == *"unknown option '--prin'; known are --print and --print-table"* ]]
        run "$reference"
        [ "$status" -eq 1 ]
}

@test "relative links of every kind get the prefix, others do not" {
        cat >'my run/REPORT.md' <<'END'
[a](samples.csv), ![b [1, 2]](plots/b.png) and [c](summary.csv#x)
[d]: plots/d.svg
<img src="plots/e.png"><source srcset="plots/f.svg"><a href="g.csv">
[h](https://example.org/x) [i](#section) [j](mailto:k@example.org) [l](/m)
[n]: https://example.org/
<a href="#o"><a href="https://example.org/p">
[q](../../README.md)
END
        "$reference" 'my run'
        cat >expected <<'END'
[a](results/reference/samples.csv), ![b [1, 2]](results/reference/plots/b.png) and [c](results/reference/summary.csv#x)
[d]: results/reference/plots/d.svg
<img src="results/reference/plots/e.png"><source srcset="results/reference/plots/f.svg"><a href="results/reference/g.csv">
[h](https://example.org/x) [i](#section) [j](mailto:k@example.org) [l](/m)
[n]: https://example.org/
<a href="#o"><a href="https://example.org/p">
[q](results/reference/../../README.md)
END
        sed 2,3d "$checkout/REPORT.md" | diff - expected
        "$reference" --print | diff - "$checkout/REPORT.md"
}

@test "the committed REPORT.md is that of results/reference" {
        [ -e "$project/results/reference/REPORT.md" ] || skip 'no reference run is committed'
        "$project/scripts/reference.sh" --print | diff - "$project/REPORT.md"
}

@test "the table in the committed README is that of results/reference" {
        [ -e "$project/results/reference/REPORT.md" ] || skip 'no reference run is committed'
        "$project/scripts/reference.sh" --print-table |
                diff - <(sed -n '/^<!-- results/,/^<!-- end of results/p' "$project/README.md" | sed '1d;$d')
}

@test "every file that the committed REPORT.md links to is there" {
        [ -e "$project/REPORT.md" ] || skip 'no reference run is committed'
        cd "$project"
        grep -oE '\(results/reference/[^)#]+' REPORT.md | sed 's/^(//' | sort -u | while read -r file; do
                [ -e "$file" ] || {
                        echo "REPORT.md links to $file, which is not there"
                        exit 1
                }
        done
}
