/* SPDX-License-Identifier: MIT */
/* schedule.csv: its writer. */
#include "harness/driver/schedule.h"

#include <inttypes.h>
#include <string.h>

static const char head[] = "order,round,group,workload,variant,runtime,params,seed,planned,reason\n";

void schedule_write_head(FILE *f)
{
        fputs(head, f);
}

/* RFC 4180: quoted only when needed, quotes doubled. */
static void write_field(FILE *f, const char *text)
{
        if (!strpbrk(text, ",\"\r\n")) {
                fputs(text, f);
                return;
        }
        putc('"', f);
        for (; *text; text++) {
                if (*text == '"')
                        putc('"', f);
                putc(*text, f);
        }
        putc('"', f);
}

void schedule_write_row(FILE *f, const struct schedule_row *row)
{
        if (row->planned)
                fprintf(f, "%u,%u,%u", row->order, row->round, row->group);
        else
                fputs(",,", f);
        fprintf(f, ",%s,%s,%s,", row->workload, row->variant, row->runtime);
        write_field(f, row->params);
        if (row->planned)
                fprintf(f, ",%" PRIu64 ",1,", row->seed);
        else
                fputs(",,0,", f);
        write_field(f, row->reason);
        putc('\n', f);
}
