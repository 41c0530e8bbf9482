/* SPDX-License-Identifier: MIT */
/* §7 of REPORT.md: how many of the functions on the way to a wait a debugger names, per variant and row. */
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/report/text.h"

static void frames_line(const struct page *p, const char *subject, const char *row, const json_t *forms)
{
        const char *live = json_string_value(json_object_get(forms, "live"));
        const char *core = json_string_value(json_object_get(forms, "core"));

        out_text(p->f, "| ");
        md_text(p->f, subject);
        out_text(p->f, " | ");
        md_text(p->f, row);
        out_text(p->f, " | ");
        md_text(p->f, live ? live : "-");
        out_text(p->f, " | ");
        md_text(p->f, core ? core : "-");
        out_text(p->f, " |\n");
}

void page_frames(const struct page *p)
{
        json_t *all = json_object_get(p->d->environment, "frames"), *rows, *forms;
        const char *subject, *row;

        if (json_object_size(all) == 0)
                return;
        out_text(
                p->f,
                "Of five functions between a request and its wait, so many are named by gdb while the "
                "request "
                "waits, by scripts/frames.sh: a thread that blocks has them on its stack, a task has them in "
                "its state.\n\n| program | row | in the process | in its core dump |\n|---|---|--:|--:|\n");
        json_object_foreach(all, subject, rows)
        {
                json_object_foreach(rows, row, forms) frames_line(p, subject, row, forms);
        }
        out_text(p->f, "\n");
}
