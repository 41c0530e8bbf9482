/* SPDX-License-Identifier: MIT */
/* Memory from /proc. */
#include "harness/memory.h"

#include "harness/sysfile.h"

enum { TEXT_BYTES = 8192, KIB = 1024 };

bool memory_read(struct memory *m)
{
        char own[TEXT_BYTES], all[TEXT_BYTES];
        uint64_t slab, stacks, tables;

        if (!sysfile_read(own, sizeof(own), "", "/proc/self/smaps_rollup") ||
            !sysfile_read(all, sizeof(all), "", "/proc/meminfo") ||
            !sysfile_field(own, "Rss", &m->rss_bytes) || !sysfile_field(own, "Pss", &m->pss_bytes) ||
            !sysfile_field(all, "SUnreclaim", &slab) || !sysfile_field(all, "KernelStack", &stacks) ||
            !sysfile_field(all, "PageTables", &tables))
                return false;
        m->rss_bytes *= KIB;
        m->pss_bytes *= KIB;
        m->kernel_bytes = (slab + stacks + tables) * KIB;
        return true;
}
