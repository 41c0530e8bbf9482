/* SPDX-License-Identifier: MIT */
/* Did you mean: the known words nearest to an unknown one. */
#ifndef AB_NEAREST_H
#define AB_NEAREST_H

#include <stddef.h>

/* The number of letters to insert, delete, replace or swap with a neighbour that turn A into B. */
size_t nearest_distance(const char *a, const char *b);

/* Into TEXT: "; did you mean X or Y?" for the nearest of COUNT words when they are near enough, else
 * "; known: A B C". Returns TEXT. */
const char *nearest_words(const char *word, const char *const *words, size_t count, char *text, size_t bytes);

#endif
