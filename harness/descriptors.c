/* SPDX-License-Identifier: MIT */
/* The limit of descriptors, raised as far as it goes. */
#include "harness/descriptors.h"

#include <sys/resource.h>

bool descriptors_raise(uint64_t need, uint64_t *limit)
{
        struct rlimit l = { 0 };
        bool known = getrlimit(RLIMIT_NOFILE, &l) == 0;

        *limit = l.rlim_max;
        if (!known || l.rlim_max < need)
                return false;
        l.rlim_cur = l.rlim_max;
        return setrlimit(RLIMIT_NOFILE, &l) == 0;
}
