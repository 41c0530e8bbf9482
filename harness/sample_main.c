/* SPDX-License-Identifier: MIT */
/* main() of every executable of a runtime; the build says its name. */
#include "harness/sample.h"

int main(int argc, char **argv)
{
        return sample_main(AB_NAME, argc, argv);
}
