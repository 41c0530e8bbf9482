/* SPDX-License-Identifier: MIT */
/* gnuplot as another program: its script's words, and running it without trusting it to end. */
#ifndef AB_REPORT_GNUPLOT_H
#define AB_REPORT_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/report/outputs.h"

/* Run the script NAME in the folder DIR, which becomes its working directory, for at most TIMEOUT_MS; with all that it
 * started it is killed then. False, with the reason as a part of a sentence in WHY, when it is not installed,
 * failed, or did not end. */
bool gnuplot_run(const char *dir, const char *name, unsigned timeout_ms, char *why, size_t why_bytes);

/* TEXT as a single-quoted string. Whatever is not a letter, a digit or plain punctuation becomes `_`: gnuplot
 * runs what stands in backticks, and what it does with other marks depends on its version. */
void gnuplot_quote(struct out *f, const char *text);

/* What every script begins with: a fixed state and WIDTH and HEIGHT in pixels. */
void gnuplot_begin(struct out *f, unsigned width, unsigned height);

/* Three lines of text at the top left of a plot that is HEIGHT pixels high: what it shows, of what, and on which
 * machine. After gnuplot_draw_begin(); a plot of several panels has them once by `unset label`. */
void gnuplot_title(struct out *f, const char *const lines[3], unsigned height);

/* The plot commands between these two are run for NAME.svg and for NAME.png. */
void gnuplot_draw_begin(struct out *f, const char *name);
void gnuplot_draw_end(struct out *f);

/* A plot of PANELS panels, in two columns when there are several: how high it is when each panel is PANEL_HEIGHT, and
 * what stands before and after their own `plot` commands. */
unsigned gnuplot_panels_height(size_t panels, unsigned panel_height);
void gnuplot_panels_begin(struct out *f, const char *name, size_t panels, const char *const lines[3],
                          unsigned height);
void gnuplot_panels_end(struct out *f);

enum { GNUPLOT_TITLE_HEIGHT = 66 };

/* Labelled marks for a logarithmic AXIS ("x") from LOW to HIGH: 1-2-5 steps when it spans a factor of
 * three or more, else even steps. */
void gnuplot_log_tics(struct out *f, const char *axis, double low, double high);

/* The same where the values are nanoseconds: each mark says its unit. */
void gnuplot_time_tics(struct out *f, const char *axis, double low, double high);

#endif
