/* SPDX-License-Identifier: MIT */
/* Defects that tests switch on to see that verification catches them; absent from every other build. */
#ifndef AB_MUTANT_H
#define AB_MUTANT_H

#ifdef AB_MUTANTS
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Is the defect NAME the one that AB_MUTANT asks for? Looked up once per place. */
#define MUTANT(name)                                                                                         \
        ({                                                                                                   \
                static int mutant_on = -1;                                                                   \
                if (mutant_on < 0) {                                                                         \
                        const char *mutant_name = getenv("AB_MUTANT");                                       \
                        mutant_on = mutant_name && strcmp(mutant_name, name) == 0;                           \
                }                                                                                            \
                (bool)mutant_on;                                                                             \
        })
#else
#define MUTANT(name) false
#endif

#endif
