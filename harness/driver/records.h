/* SPDX-License-Identifier: MIT */
/* What a sample says: its protocol lines, checked one by one and kept as the journal wants them. */
#ifndef AB_RECORDS_H
#define AB_RECORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* In the order in which a sample passes them. START is before its first line, DONE after its last phase. */
enum phase { PHASE_START, PHASE_READY, PHASE_WARM_UP, PHASE_WINDOW, PHASE_DRAIN, PHASE_DONE };

/* "start", "ready", "warm-up", "window", "drain", "done". */
const char *phase_word(enum phase phase);

struct records {
        enum phase phase;
        json_int_t phase_at_ns;                     /* when it was entered, by the sample's clock */
        char expected[16], outcome[16];             /* empty until said */
        char *evidence, *skip_reason, *skip_remedy; /* NULL until said */
        char failed_check[256];                     /* the first one, "name: detail"; else empty */
        json_t *metrics, *counts, *checks, *knobs, *histograms; /* arrays as in journal.h */
        char error[256];                                        /* what broke the protocol, or empty */
        char *line;                                             /* the start of a line, not yet ended */
        size_t used, total;                                     /* bytes in it; bytes of the sample so far */
};

/* 0 or -ENOMEM. */
int records_init(struct records *r);
void records_free(struct records *r);

/* Take the next BYTES of the sample. False, with the reason in r->error, when they break the protocol. */
bool records_feed(struct records *r, const char *data, size_t bytes);

/* The sample has closed its end. False when that leaves a line unfinished. */
bool records_finish(struct records *r);

#endif
