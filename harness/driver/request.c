/* SPDX-License-Identifier: MIT */
/* The command line: one table of options, and for every wrong word the nearest right one. */
#include "harness/driver/request.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/nearest.h"

const char *const profile_words[PROFILES] = { "smoke", "quick", "standard", "publish" };

unsigned profile_rounds(enum profile profile)
{
        static const unsigned rounds[PROFILES] = { 1, 13, 14, 28 };

        return rounds[profile];
}

static const char *const command_words[] = { "list", "run", "report", "help", "version" };

enum { COMMANDS = sizeof(command_words) / sizeof(*command_words), OPTIONS_MAX = 32 };

/* Where a wrong word is explained: one line. */
struct complaint {
        char *line;
        size_t bytes;
};

static bool complain(const struct complaint *c, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static bool complain(const struct complaint *c, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(c->line, c->bytes, format, args);
        va_end(args);
        return false;
}

static bool complain_word(const struct complaint *c, const char *kind, const char *word,
                          const char *const *known, size_t count)
{
        char near[512];

        return complain(c, "unknown %s '%s'%s", kind, word,
                        nearest_words(word, known, count, near, sizeof(near)));
}

/* ---- values ------------------------------------------------------------------------------------ */

static bool read_number(const char *text, uint64_t *value, char **end)
{
        errno = 0;
        *value = strtoull(text, end, 10);
        return *text >= '0' && *text <= '9' && !errno;
}

static bool take_rounds(struct request *r, const char *text, const struct complaint *c)
{
        uint64_t value;
        char *end;

        if (!read_number(text, &value, &end) || *end || value < 1 || value > 10000)
                return complain(c, "--rounds: '%s' is not a number from 1 to 10000", text);
        r->rounds = (unsigned)value;
        return true;
}

static bool take_seed(struct request *r, const char *text, const struct complaint *c)
{
        char *end;

        r->seed_given = true;
        return (read_number(text, &r->seed, &end) && !*end) ||
               complain(c, "--seed: '%s' is not a number from 0 to 18446744073709551615", text);
}

/* "90s", "10m", "2h". */
static bool take_budget(struct request *r, const char *text, const struct complaint *c)
{
        static const char units[] = "smh";
        static const uint64_t seconds[] = { 1, 60, 3600 };
        uint64_t value;
        char *end;
        const char *unit;

        if (!read_number(text, &value, &end) || !*end || end[1] || !(unit = strchr(units, *end)) ||
            value < 1 || value > 10000)
                return complain(c, "--budget: '%s' is not a time such as 90s, 10m or 2h", text);
        r->budget_ns = value * seconds[unit - units] * 1000000000u;
        return true;
}

static bool take_set(struct request *r, const char *text, const struct complaint *c)
{
        const char *sign = strchr(text, '=');

        if (!sign || sign == text || !sign[1])
                return complain(c, "--set: '%s' is not PARAM=VALUE[,VALUE...]", text);
        if (r->set_count == REQUEST_SETS)
                return complain(c, "--set: at most %d of them", REQUEST_SETS);
        for (size_t i = 0; i < r->set_count; i++)
                if (strncmp(r->set[i], text, (size_t)(sign - text) + 1) == 0)
                        return complain(c, "--set: %.*s is given twice; give its values as one list",
                                        (int)(sign - text), text);
        r->set[r->set_count++] = text;
        return true;
}

/* It stands in the results and in headings: plain text of one line. */
static bool take_label(struct request *r, const char *text, const struct complaint *c)
{
        for (const char *at = text; *at; at++)
                if (*at < ' ' || *at > '~')
                        return complain(c, "--label: plain ASCII text of one line only");
        if (strlen(text) > 100)
                return complain(c, "--label: at most 100 characters");
        r->label = text;
        return true;
}

/* ---- options ----------------------------------------------------------------------------------- */

/* Which of `text`, `flag` and `take` is used is which is set. */
struct option_row {
        const char *name, *value; /* value: its name in the help; NULL = a flag */
        unsigned commands;        /* bit per enum command */
        size_t text, flag;        /* offset in struct request of what it sets; 0 = none */
        bool (*take)(struct request *r, const char *text, const struct complaint *c);
        const char *help;
};

#define TEXT(field) .text = offsetof(struct request, field)
#define FLAG(field) .flag = offsetof(struct request, field)

enum { RUN = 1 << COMMAND_RUN, LIST = 1 << COMMAND_LIST, REPORT = 1 << COMMAND_REPORT };

static const struct option_row options[] = {
        { "only", "WORKLOAD[/VARIANT],...", RUN, TEXT(only), .help = "run these only" },
        { "runtimes", "NAME,...", RUN, TEXT(runtimes), .help = "on these rows only" },
        { "set", "PARAM=VALUE[,VALUE...]", RUN, .take = take_set,
          .help = "values of a parameter; may repeat" },
        { "out", "DIR", RUN, TEXT(out), .help = "a new folder for the results (results/UTC-SEED)" },
        { "resume", "DIR", RUN, TEXT(resume), .help = "finish what is missing in DIR" },
        { "rounds", "N", RUN, .take = take_rounds, .help = "how often every cell runs (the profile's)" },
        { "budget", "10m", RUN, .take = take_budget, .help = "start nothing more after this time" },
        { "seed", "S", RUN, .take = take_seed, .help = "of the order of samples and of their data (random)" },
        { "dry-run", NULL, RUN, FLAG(dry_run), .help = "print the plan and what it needs, run nothing" },
        { "server-cpus", "LIST", RUN, TEXT(server_cpus),
          .help = "processors for the measured programs, as 0-3,8" },
        { "load-cpus", "LIST", RUN, TEXT(load_cpus), .help = "processors for a load generator" },
        { "label", "TEXT", RUN, .take = take_label, .help = "the machine's name in the report" },
        { "json", NULL, LIST, FLAG(json), .help = "as a JSON object" },
        { "absent", NULL, LIST, FLAG(absent_only), .help = "only the cells that do not exist here" },
        { "no-plots", NULL, REPORT, FLAG(no_plots), .help = "CSV and REPORT.md only" },
};

enum { OPTIONS = sizeof(options) / sizeof(*options) };

void request_print_help(void)
{
        printf("usage: asyncbench list [--json] [--absent]\n"
               "       asyncbench run [smoke|quick|standard|publish] [options]\n"
               "       asyncbench report DIR [--no-plots]\n\n");
        for (size_t i = 0; i < OPTIONS; i++) {
                char left[64];

                snprintf(left, sizeof(left), "--%s %s", options[i].name,
                         options[i].value ? options[i].value : "");
                printf("  %-32s %s\n", left, options[i].help);
        }
        printf("\nExit status: 0 all as expected, 1 usage, 2 a sample failed or is invalid, 3 the machine "
               "refuses,\n"
               "4 results cannot be written, 77 nothing could run, 130 or 143 interrupted with valid partial "
               "results.\n");
}

static bool apply(struct request *r, const struct option_row *o, const char *value, const struct complaint *c)
{
        if (o->flag)
                *(bool *)((char *)r + o->flag) = true;
        if (o->text && !*value)
                return complain(c, "--%s: %s must not be empty", o->name, o->value);
        if (o->text)
                *(const char **)((char *)r + o->text) = value;
        return !o->take || o->take(r, value, c);
}

/* What getopt_long could not take: WORD as it was typed. */
static bool complain_option(const struct complaint *c, enum command command, const char *word)
{
        const char *known[OPTIONS];
        size_t count = 0, length = strcspn(word, "=");
        char typed[64];

        snprintf(typed, sizeof(typed), "%.*s", (int)length, word);
        for (size_t i = 0; i < OPTIONS; i++) {
                if (strcmp(word + (strncmp(word, "--", 2) == 0 ? 2 : 0), options[i].name) == 0 &&
                    options[i].value && (options[i].commands & 1u << command))
                        return complain(c, "--%s needs a value: %s", options[i].name, options[i].value);
                if (options[i].commands & 1u << command)
                        known[count++] = options[i].name;
        }
        return complain_word(c, "option", typed + strspn(typed, "-"), known, count);
}

/* The options of COMMAND as getopt_long wants them; `val` is the index in the table + 256. */
static void long_options(enum command command, struct option *table)
{
        size_t n = 0;

        for (size_t i = 0; i < OPTIONS; i++)
                if (options[i].commands & 1u << command)
                        table[n++] = (struct option){ options[i].name, options[i].value ? 1 : 0, NULL,
                                                      (int)i + 256 };
        table[n] = (struct option){ 0 };
}

static bool take_words(struct request *r, int count, char **words, const struct complaint *c)
{
        if (r->command == COMMAND_REPORT && count == 1) {
                r->report_dir = words[0];
                return true;
        }
        if (r->command == COMMAND_REPORT)
                return complain(c, count ? "report: one folder, not %d" : "report: which folder? (%d given)",
                                count);
        if (r->command == COMMAND_LIST && count)
                return complain(c, "list: '%s' is too much", words[0]);
        if (count > 1)
                return complain(c, "run: one profile, '%s' is too much", words[1]);
        for (int i = 0; count && i < PROFILES; i++)
                if (strcmp(words[0], profile_words[i]) == 0) {
                        r->profile = (enum profile)i;
                        r->profile_given = true;
                }
        return !count || r->profile_given || complain_word(c, "profile", words[0], profile_words, PROFILES);
}

/* A resumed run is what its folder says; only how long it may take is open, and the seed may be repeated. */
static bool check_resume(const struct request *r, const struct complaint *c)
{
        if (r->resume && (r->profile_given || r->only || r->runtimes || r->set_count || r->rounds || r->out ||
                          r->label || r->server_cpus || r->load_cpus))
                return complain(
                        c, "--resume takes the request from its folder: of the other options only --budget, "
                           "--seed and --dry-run may stand beside it");
        return true;
}

static bool parse_options(struct request *r, int argc, char **argv, const struct complaint *c)
{
        struct option table[OPTIONS_MAX];
        int found;

        long_options(r->command, table);
        opterr = 0;
        optind = 0;
        while ((found = getopt_long(argc, argv, "", table, NULL)) != -1) {
                if (found < 256)
                        return complain_option(c, r->command, argv[optind - 1]);
                if (!apply(r, &options[found - 256], optarg ? optarg : "", c))
                        return false;
        }
        return take_words(r, argc - optind, argv + optind, c) && check_resume(r, c);
}

static const char *without_dashes(const char *word)
{
        return word + (strcmp(word, "--help") == 0 || strcmp(word, "--version") == 0 ? 2 : 0);
}

bool request_parse(struct request *r, int argc, char **argv, char *error, size_t error_bytes)
{
        struct complaint c = { error, error_bytes };
        const char *word = argc > 1 ? without_dashes(argv[1]) : "help";

        *r = (struct request){ .profile = PROFILE_QUICK };
        for (int i = 0; i < COMMANDS; i++)
                if (strcmp(word, command_words[i]) == 0) {
                        r->command = (enum command)i;
                        return parse_options(r, argc - (argc > 1), argv + (argc > 1), &c);
                }
        return complain_word(&c, "command", word, command_words, COMMANDS);
}
