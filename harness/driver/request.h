/* SPDX-License-Identifier: MIT */
/* What the user asked for, as words; nothing in it has been looked up yet. */
#ifndef AB_REQUEST_H
#define AB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum profile { PROFILE_SMOKE, PROFILE_QUICK, PROFILE_STANDARD, PROFILE_PUBLISH, PROFILES };

/* "smoke", "quick", "standard", "publish". */
extern const char *const profile_words[PROFILES];

/* The rounds of PROFILE: 1, 13, 14, 28. */
unsigned profile_rounds(enum profile profile);

enum command { COMMAND_LIST, COMMAND_RUN, COMMAND_REPORT, COMMAND_HELP, COMMAND_VERSION };

enum { REQUEST_SETS = 64 };

/* The strings belong to argv; NULL or 0 = not given. */
struct request {
        enum command command;
        enum profile profile;
        bool profile_given;
        const char *only, *runtimes, *out, *resume, *label, *server_cpus, *load_cpus;
        const char *set[REQUEST_SETS]; /* "PARAM=VALUE[,VALUE...]" */
        size_t set_count;
        unsigned rounds;
        uint64_t budget_ns, seed;
        bool seed_given, dry_run;
        bool json, absent_only; /* list */
        const char *report_dir; /* report */
        bool no_plots;
};

/* Read the command line. False, with one line in ERROR that names the bad word and the nearest good ones. */
bool request_parse(struct request *r, int argc, char **argv, char *error, size_t error_bytes);

/* What `asyncbench help` prints. */
void request_print_help(void);

#endif
