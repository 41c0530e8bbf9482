/* SPDX-License-Identifier: MIT */
/* Did you mean: edit distance over short words. */
#include "harness/nearest.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 63 };

static size_t min_of(size_t a, size_t b)
{
        return a < b ? a : b;
}

/* Optimal string alignment: Levenshtein's table, and a swap of neighbours counts as one. */
size_t nearest_distance(const char *a, const char *b)
{
        size_t rows[3][WORD_MAX + 1], la = strlen(a), lb = strlen(b);
        size_t *above2 = rows[0], *above = rows[1], *row = rows[2];

        if (la > WORD_MAX || lb > WORD_MAX)
                return la > lb ? la : lb;
        for (size_t j = 0; j <= lb; j++)
                row[j] = j;
        for (size_t i = 1; i <= la; i++) {
                size_t *spare = above2;

                above2 = above;
                above = row;
                row = spare;
                row[0] = i;
                for (size_t j = 1; j <= lb; j++) {
                        row[j] = min_of(min_of(above[j], row[j - 1]) + 1,
                                        above[j - 1] + (a[i - 1] != b[j - 1]));
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = min_of(row[j], above2[j - 2] + 1);
                }
        }
        return row[lb];
}

static void append(char *text, size_t bytes, const char *before, const char *word)
{
        size_t used = strlen(text);

        snprintf(text + used, bytes - used, "%s%s", before, word);
}

/* What somebody who types half a word, or one with a slip in it, can have meant. */
static size_t distance(const char *word, const char *known)
{
        size_t typed = strlen(word);

        if (typed >= 2 && strncmp(word, known, typed) == 0)
                return 1;
        return nearest_distance(word, known);
}

const char *nearest_words(const char *word, const char *const *words, size_t count, char *text, size_t bytes)
{
        size_t best = 1 + strlen(word) / 3, shown = 0;

        text[0] = '\0';
        for (size_t i = 0; i < count; i++)
                best = min_of(best, distance(word, words[i]));
        for (size_t i = 0; i < count; i++)
                if (distance(word, words[i]) == best)
                        append(text, bytes, shown++ ? " or " : "; did you mean ", words[i]);
        if (shown)
                append(text, bytes, "?", "");
        for (size_t i = 0; !shown && i < count; i++)
                append(text, bytes, i ? " " : "; known: ", words[i]);
        return text;
}
