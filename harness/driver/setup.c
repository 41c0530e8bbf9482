/* SPDX-License-Identifier: MIT */
/* What stands before the first sample. */
#include "harness/driver/setup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "harness/driver/clock.h"
#include "harness/driver/tree.h"

static bool fail(char *error, size_t error_bytes, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static bool fail(char *error, size_t error_bytes, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(error, error_bytes, format, args);
        va_end(args);
        return false;
}

static uint64_t random_word(void)
{
        uint64_t word;

        return getrandom(&word, sizeof(word), 0) == sizeof(word) ? word : clock_now_ns();
}

bool setup_make(struct setup *s, struct request *r, char *error, size_t error_bytes)
{
        const char *root = getenv("AB_SYSROOT");
        cpu_set_t allowed;
        double quota;
        int rc;

        *s = (struct setup){ .root = root ? root : "" };
        rc = names_directory(s->directory, sizeof(s->directory));
        if (rc < 0)
                return fail(error, error_bytes, "cannot find the executables: %s", strerror(-rc));
        if (names_load(&s->names, s->directory, error, error_bytes) < 0)
                return false;
        placement_limits(s->root, &allowed, &quota);
        if (placement_make(&s->placement, s->root, &allowed, quota, r->server_cpus, r->load_cpus, error,
                           error_bytes) < 0)
                return false;
        if (!r->seed_given)
                r->seed = random_word();
        return selection_make(&s->selection, r, &s->names, (unsigned)CPU_COUNT(&s->placement.server), error,
                              error_bytes);
}

void setup_free(struct setup *s)
{
        selection_free(&s->selection);
        names_free(&s->names);
}

bool setup_take_machine(char nonce[STORE_NONCE_BYTES], char *error, size_t error_bytes)
{
        char old[STORE_NONCE_BYTES];
        unsigned killed;
        int rc;

        snprintf(nonce, STORE_NONCE_BYTES, "%016" PRIx64, random_word());
        rc = store_lock(nonce, old);
        if (rc == -EWOULDBLOCK)
                return fail(error, error_bytes,
                            "another run is under way; two at once would measure each other");
        if (rc < 0)
                return fail(error, error_bytes, "cannot take the lock in TMPDIR or /tmp: %s", strerror(-rc));
        killed = strlen(old) == STORE_NONCE_BYTES - 1 ? tree_kill_session(old) : 0;
        if (killed)
                fprintf(stderr, "asyncbench: killed %u processes that an earlier run had left\n", killed);
        rc = tree_adopt_orphans();
        return rc == 0 || fail(error, error_bytes, "cannot become a subreaper: %s", strerror(-rc));
}
