/* SPDX-License-Identifier: MIT */
/* main() of every executable of a runtime, which is named after its first row. */
#include "harness/sample.h"
#include "runtimes/runtime.h"

int main(int argc, char **argv)
{
        return sample_main(runtime_rows[0].name, argc, argv);
}
