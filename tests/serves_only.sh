#!/bin/sh
# SPDX-License-Identifier: MIT
# Does ROW of the executable EXE run no tasks, so that tests of its task workloads have nothing to ask?
#   serves_only.sh EXE ROW
set -eu
"$1" describe | awk -v row="\"$2\"," '
        $1 == "\"runtime\":" { at = $2 }
        /a way to serve alone/ && at == row { found = 1 }
        END { exit !found }'
