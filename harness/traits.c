/* SPDX-License-Identifier: MIT */
/* The words that the traits of runtime.h have in descriptions. */
#include "harness/traits.h"

#include <string.h>

#include "runtimes/runtime.h"

#define TRAIT(name)                                                                                          \
        {                                                                                                    \
                TRAIT_##name, #name                                                                          \
        }

const struct trait_word trait_words[] = {
        TRAIT(REFERENCE),
        TRAIT(TASKS_SHARE_WORKER),
        TRAIT(TASKS_MIGRATE),
        TRAIT(CANCEL_ANYWHERE),
        TRAIT(NEVER_SUSPENDS),
        TRAIT(BUDGET),
        TRAIT(LAZY_WAITS),
        TRAIT(ONE_WORKER),
        TRAIT(OWN_WORKERS),
        TRAIT(NATIVE),
        { 0 },
};

unsigned trait_of(const char *word)
{
        for (const struct trait_word *t = trait_words; word && t->word; t++)
                if (strcmp(word, t->word) == 0)
                        return t->bit;
        return 0;
}
