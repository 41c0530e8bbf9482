/* SPDX-License-Identifier: MIT */
/* Numbers and words as text: shortest round trip, rounded to what is known, quoted for CSV and Markdown. */
#ifndef AB_REPORT_TEXT_H
#define AB_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { NUMBER_BYTES = 40, CELL_BYTES = 160 };

/* VALUE in the fewest of 15 to 17 digits that read back as VALUE; empty for NAN and infinities. Needs
 * the C locale, which report_build() sets for its thread. Returns BUF. */
char *number_shortest(char buf[NUMBER_BYTES], double value);

/* VALUE with no more digits than HALF_WIDTH, the half-width of what is known of it, supports: at most
 * four significant ones, at least two; two when HALF_WIDTH is not a number, four without closing zeros when it is 0. Returns BUF. */
char *number_rounded(char buf[NUMBER_BYTES], double value, double half_width);

/* VALUE as a whole number in groups of three, "40,000"; empty when it is no number. Returns BUF. */
char *number_grouped(char buf[NUMBER_BYTES], double value);

/* NS nanoseconds in the unit that suits them, "1.69 ms", with as many digits as number_rounded() has. Returns BUF. */
char *duration_text(char buf[NUMBER_BYTES], double ns, double half_width_ns);

/* VALUE, of which two significant digits are kept. */
double two_digits(double value);

/* "1.23x [1.19, 1.27]", or "1.2x" when LOW is not a number. Returns BUF. */
char *ratio_text(char buf[CELL_BYTES], double ratio, double low, double high);

/* FRACTION as per cent, "3.2", two significant digits. Returns BUF. */
char *percent_text(char buf[NUMBER_BYTES], double fraction);

/* Is every character of NAME one of [A-Za-z0-9._+/=;:,@%-], so that it can stand anywhere unquoted? */
bool name_is_plain(const char *name);

#endif
