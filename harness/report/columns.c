/* SPDX-License-Identifier: MIT */
/* The rows that are columns. */
#include "harness/report/columns.h"

/* Of a workload that ranks rows there is no mistake: a row that only serves is no column. */
static bool row_has_cells(const struct report_data *d, uint32_t row)
{
        for (size_t i = 0; i < d->cell_count; i++)
                if (d->cells[i].row == row && !d->groups[d->cells[i].group].workload->ranks)
                        return true;
        return false;
}

static void add_columns(struct columns *columns, const struct report_data *d, bool loops)
{
        for (uint32_t r = 0; r < d->row_count && columns->n < 64; r++) {
                const struct row *row = &d->rows[r];

                if (row->loop == loops && !row->never_suspends && !row->same_as && row_has_cells(d, r))
                        columns->rows[columns->n++] = r;
        }
}

struct columns columns_make(const struct report_data *d)
{
        struct columns columns = { 0 };

        add_columns(&columns, d, true);
        columns.loops = columns.n;
        add_columns(&columns, d, false);
        return columns;
}
