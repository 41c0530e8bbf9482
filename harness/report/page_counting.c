/* SPDX-License-Identifier: MIT */
/* System calls, which were counted in a sample of their own: columns of a table of §6. */
#include <math.h>

#include "harness/report/markdown.h"
#include "harness/report/text.h"

static const char SYSCALLS[] = "syscalls_per_op", ENTERS[] = "enters_per_op";

/* Was counting planned in GROUP? Then the column is there, also when nothing could be counted. */
static bool has_counting(const struct page *p, uint32_t group)
{
        for (uint32_t i = p->d->groups[group].cells; i; i = p->d->cells[i - 1].next)
                if (cell_counting(p->d, &p->d->cells[i - 1]))
                        return true;
        return false;
}

static bool has_counted(const struct page *p, uint32_t group, const char *name)
{
        for (uint32_t i = p->d->groups[group].cells; i; i = p->d->cells[i - 1].next)
                if (!isnan(cell_counted(p->d, &p->d->cells[i - 1], name)))
                        return true;
        return false;
}

unsigned page_counting_head(const struct page *p, uint32_t group)
{
        bool counting = has_counting(p, group), enters = has_counted(p, group, ENTERS);

        out_format(p->f, "%s%s", counting ? " syscalls per op |" : "", enters ? " enters per op |" : "");
        return counting + enters;
}

/* Two digits of one count; what start and end alone cause is near nothing and is told so. */
static void counted_text(const struct page *p, double value)
{
        char number[NUMBER_BYTES];

        if (isnan(value))
                out_text(p->f, " - |");
        else if (value > 0 && value < 0.001)
                out_text(p->f, " under 0.001 |");
        else
                out_format(p->f, " %s |", number_rounded(number, value, NAN));
}

void page_counting_cells(const struct page *p, const struct cell *c)
{
        if (has_counting(p, c->group))
                counted_text(p, cell_counted(p->d, c, SYSCALLS));
        if (has_counted(p, c->group, ENTERS))
                counted_text(p, cell_counted(p->d, c, ENTERS));
}

static const char *why_not_counted(const struct page *p, const struct cell *c)
{
        const struct sample *s = cell_counting(p->d, c);

        if (!s || !isnan(cell_counted(p->d, c, SYSCALLS)))
                return NULL;
        return *s->reason ? s->reason : status_word((enum status)s->status);
}

/* Each reason of a missing count once, in the order of GROUP's list. */
void page_counting_note(const struct page *p, uint32_t group)
{
        const struct report_data *d = p->d;
        bool first = true;

        for (uint32_t i = d->groups[group].cells; i; i = d->cells[i - 1].next) {
                const char *reason = why_not_counted(p, &d->cells[i - 1]);
                bool told = false;

                for (uint32_t k = d->groups[group].cells; k != i; k = d->cells[k - 1].next)
                        told |= why_not_counted(p, &d->cells[k - 1]) == reason;
                if (!reason || told)
                        continue;
                out_text(p->f, first ? "No count (-): " : "; ");
                md_text(p->f, reason);
                first = false;
        }
        out_text(p->f, first ? "" : ".\n\n");
}
