/* SPDX-License-Identifier: MIT */
/* Numbers and words as text. */
#include "harness/report/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALWAYS_ENOUGH_DIGITS = 17, FIRST_DIGITS = 15, MOST_DIGITS = 4, FEWEST_DIGITS = 2, MOST_DECIMALS = 9 };

char *number_shortest(char buf[NUMBER_BYTES], double value)
{
        buf[0] = '\0';
        if (!isfinite(value))
                return buf;
        for (int digits = FIRST_DIGITS; digits < ALWAYS_ENOUGH_DIGITS; digits++) {
                snprintf(buf, NUMBER_BYTES, "%.*g", digits, value);
                if (strtod(buf, NULL) == value)
                        return buf;
        }
        snprintf(buf, NUMBER_BYTES, "%.*g", ALWAYS_ENOUGH_DIGITS, value);
        return buf;
}

/* The place of the first digit: 0 for 1 to 9.99, -1 for 0.1 to 0.999. */
static int magnitude(double value)
{
        return (int)floor(log10(fabs(value)));
}

static int digits_supported(double value, double half_width)
{
        int digits = FEWEST_DIGITS;

        if (half_width > 0)
                digits = magnitude(value) - magnitude(half_width) + 1;
        else if (half_width == 0)
                digits = MOST_DIGITS;
        if (digits < FEWEST_DIGITS)
                return FEWEST_DIGITS;
        return digits > MOST_DIGITS ? MOST_DIGITS : digits;
}

static void strip_zeros(char *text)
{
        char *end = text + strlen(text);

        if (!strchr(text, '.'))
                return;
        while (end[-1] == '0')
                end--;
        end[end[-1] == '.' ? -1 : 0] = '\0';
}

char *number_rounded(char buf[NUMBER_BYTES], double value, double half_width)
{
        int decimals;

        buf[0] = '\0';
        if (!isfinite(value))
                return buf;
        decimals = value == 0 ? 0 : digits_supported(value, half_width) - 1 - magnitude(value);
        if (decimals < 0) {
                double unit = pow(10, -decimals);

                value = round(value / unit) * unit;
                decimals = 0;
        }
        snprintf(buf, NUMBER_BYTES, "%.*f", decimals > MOST_DECIMALS ? MOST_DECIMALS : decimals, value);
        /* All values were the same: closing zeros would claim a resolution that nobody tried. */
        if (half_width == 0)
                strip_zeros(buf);
        return buf;
}

char *number_grouped(char buf[NUMBER_BYTES], double value)
{
        char digits[NUMBER_BYTES];
        size_t n, at = 0;

        buf[0] = '\0';
        if (!(fabs(value) < 1e18))
                return buf;
        snprintf(digits, sizeof(digits), "%.0f", fabs(value));
        n = strlen(digits);
        if (value <= -0.5)
                buf[at++] = '-';
        for (size_t i = 0; i < n; i++) {
                buf[at++] = digits[i];
                if (i + 1 < n && (n - i - 1) % 3 == 0)
                        buf[at++] = ',';
        }
        buf[at] = '\0';
        return buf;
}

char *duration_text(char buf[NUMBER_BYTES], double ns, double half_width_ns)
{
        static const char *const units[] = { "ns", "µs", "ms", "s" };
        char number[NUMBER_BYTES];
        size_t unit = 0;

        while (unit < 3 && fabs(ns) >= 1000) {
                ns /= 1000;
                half_width_ns /= 1000;
                unit++;
        }
        number_rounded(number, ns, half_width_ns);
        snprintf(buf, NUMBER_BYTES, "%.30s%s%s", number, *number ? " " : "", *number ? units[unit] : "");
        return buf;
}

double two_digits(double value)
{
        char number[NUMBER_BYTES];

        return strtod(number_rounded(number, value, NAN), NULL);
}

char *ratio_text(char buf[CELL_BYTES], double ratio, double low, double high)
{
        double half_width = (high - low) / 2;
        char middle[NUMBER_BYTES], from[NUMBER_BYTES], to[NUMBER_BYTES];

        number_rounded(middle, ratio, half_width);
        if (!isfinite(low) || !isfinite(high)) {
                snprintf(buf, CELL_BYTES, "%sx", middle);
                return buf;
        }
        number_rounded(from, low, half_width);
        number_rounded(to, high, half_width);
        snprintf(buf, CELL_BYTES, "%sx [%s, %s]", middle, from, to);
        return buf;
}

char *percent_text(char buf[NUMBER_BYTES], double fraction)
{
        return number_rounded(buf, fraction * 100, NAN);
}

bool name_is_plain(const char *name)
{
        static const char plain[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+/=;:,@%-";

        return *name && name[strspn(name, plain)] == '\0';
}
