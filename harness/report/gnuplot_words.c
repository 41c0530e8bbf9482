/* SPDX-License-Identifier: MIT */
/* gnuplot's script: its fixed parts, strings and axes. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "harness/report/gnuplot.h"
#include "harness/report/text.h"

void gnuplot_quote(struct out *f, const char *text)
{
        out_text(f, "'");
        for (; *text; text++) {
                unsigned char c = (unsigned char)*text;

                if (c >= 0x80 || isalnum(c) || strchr(" ._+/=;:,@%()[]-", c))
                        out_bytes(f, text, 1);
                else
                        out_text(f, "_");
        }
        out_text(f, "'");
}

void gnuplot_begin(struct out *f, unsigned width, unsigned height)
{
        out_format(f,
                   "# Draws the plot again: gnuplot -d THIS_FILE\n"
                   "width = %u\nheight = %u\n"
                   "set encoding utf8\n"
                   "set border 3 lw 0.5 lc rgb '#444444'\n"
                   "set tics nomirror out scale 0.5\n"
                   "set grid x lc rgb '#d0d0d0' lw 0.5\n"
                   "unset key\n",
                   width, height);
}

void gnuplot_title(struct out *f, const char *const lines[3], unsigned height)
{
        enum { FIRST_LINE = 14, LINE = 17 };

        for (int i = 0; i < 3; i++) {
                out_format(f, "set label %d ", i + 1);
                gnuplot_quote(f, lines[i]);
                out_format(f, " at screen 0.012,screen %.5f left\n",
                           1 - (double)(FIRST_LINE + LINE * i) / height);
        }
}

void gnuplot_draw_begin(struct out *f, const char *name)
{
        out_format(
                f,
                "do for [kind in 'svg png'] {\n"
                "if (kind eq 'svg') {\n"
                "set terminal svg noenhanced size width,height font 'Helvetica,12' background rgb 'white'\n"
                "} else {\n"
                "set terminal pngcairo noenhanced size width,height font 'Sans,10'\n"
                "}\n"
                "set output '%s.'.kind\n",
                name);
}

void gnuplot_draw_end(struct out *f)
{
        out_text(f, "}\nunset output\n");
}

static unsigned panel_columns(size_t panels)
{
        return panels > 1 ? 2 : 1;
}

static unsigned panel_rows(size_t panels)
{
        return (unsigned)(panels + panel_columns(panels) - 1) / panel_columns(panels);
}

unsigned gnuplot_panels_height(size_t panels, unsigned panel_height)
{
        return GNUPLOT_TITLE_HEIGHT + panel_height * panel_rows(panels);
}

void gnuplot_panels_begin(struct out *f, const char *name, size_t panels, const char *const lines[3],
                          unsigned height)
{
        gnuplot_draw_begin(f, name);
        /* Two empty lines of a title keep the place of ours. */
        out_format(f, "set multiplot layout %u,%u title sprintf('%%c%%c', 10, 10)\n", panel_rows(panels),
                   panel_columns(panels));
        gnuplot_title(f, lines, height);
}

void gnuplot_panels_end(struct out *f)
{
        out_text(f, "unset multiplot\n");
        gnuplot_draw_end(f);
}

/* The marks of one axis on their way. */
struct tics {
        struct out *f;
        bool times, any;
};

static void tic(struct tics *t, double value)
{
        char number[NUMBER_BYTES], label[NUMBER_BYTES];

        /* 3 * 0.1 is not 0.3: the mark is where its label says. */
        value = round(value * 1e9) / 1e9;
        number_shortest(number, value);
        out_format(t->f, "%s'%s' %s", t->any ? ", " : "", t->times ? duration_text(label, value, 0) : number,
                   number);
        t->any = true;
}

static void even_tics(struct tics *t, double low, double high)
{
        static const double steps[] = { 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5 };
        double unit = pow(10, floor(log10(high))), step = unit;

        for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
                step = steps[i] * unit;
                if ((high - low) / step <= 8)
                        break;
        }
        for (double at = ceil(low / step); at * step <= high; at++)
                tic(t, at * step);
}

static void decade_tics(struct tics *t, double low, double high)
{
        static const double steps[] = { 1, 2, 5 }, close[] = { 1, 1.5, 2, 3, 5, 7 };
        bool within_one = high / low < 10;
        /* Many decades have room for their powers of ten only. */
        size_t per_decade = log10(high / low) > 4 ? 1 : within_one ? 6 : 3;
        int decade = (int)floor(log10(low)), last = (int)floor(log10(high));

        for (; decade <= last; decade++) {
                for (size_t i = 0; i < per_decade; i++) {
                        double at = (within_one ? close : steps)[i] * pow(10, decade);

                        if (at >= low && at <= high)
                                tic(t, at);
                }
        }
}

static void log_tics(struct out *f, const char *axis, double low, double high, bool times)
{
        struct tics t = { .f = f, .times = times };

        out_format(f, "set %srange [%.6g:%.6g]\nset logscale %s\nset %stics (", axis, low, high, axis, axis);
        if (high / low < 3)
                even_tics(&t, low, high);
        else
                decade_tics(&t, low, high);
        out_text(f, ")\n");
}

void gnuplot_log_tics(struct out *f, const char *axis, double low, double high)
{
        log_tics(f, axis, low, high, false);
}

void gnuplot_time_tics(struct out *f, const char *axis, double low, double high)
{
        log_tics(f, axis, low, high, true);
}
