/* SPDX-License-Identifier: MIT */
/* The words that the traits of runtime.h have in descriptions. */
#ifndef AB_TRAITS_H
#define AB_TRAITS_H

struct trait_word {
        unsigned bit; /* of enum trait */
        const char *word;
};

/* All of them; ends at a NULL word. */
extern const struct trait_word trait_words[];

/* The bit behind WORD, or 0. WORD may be NULL. */
unsigned trait_of(const char *word);

#endif
