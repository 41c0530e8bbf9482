/* SPDX-License-Identifier: MIT */
/* The parameters of a sample: from words on the command line to numbers in range. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/nearest.h"
#include "harness/run_private.h"

enum { PARAMS_MAX = 64, TEXT_BYTES = 512 };

/* Where bad input is explained: one line. */
struct complaint {
        char *line;
        size_t bytes;
};

static bool __attribute__((format(printf, 2, 3))) complain(const struct complaint *c, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(c->line, c->bytes, format, args);
        va_end(args);
        return false;
}

static struct run_value *value_find(const struct run *run, const char *name)
{
        struct run_private *p = run->private;

        for (size_t i = 0; i < p->value_count; i++)
                if (strcmp(p->values[i].param->name, name) == 0)
                        return &p->values[i];
        return NULL;
}

/* Is WORD one of the comma list LIST (or NULL)? */
static bool list_has(const char *list, const char *word)
{
        size_t length = strlen(word);

        if (word[strcspn(word, ",")])
                return false;
        for (const char *at = list; at; at = strchr(at, ',')) {
                at += *at == ',';
                if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
                        return true;
        }
        return false;
}

/* Digits alone make a number: no sign, no unit, nothing behind it. */
static bool number_read(const char *text, uint64_t *number)
{
        char *end;

        if (!*text || text[strspn(text, "0123456789")])
                return false;
        errno = 0;
        *number = strtoull(text, &end, 10);
        return errno == 0;
}

static bool complain_value(const struct complaint *c, const struct param *p, const char *text)
{
        const char *words = p->words ? p->words : "";
        unsigned long long min = p->min, max = p->max;

        if (!p->max)
                return complain(c, "bad value '%s' of %s; known: %s", text, p->name, words);
        return complain(c, "bad value '%s' of %s; known: %llu to %llu%s%s", text, p->name, min, max,
                        *words ? " or " : "", words);
}

static bool value_read(struct run *run, struct run_value *v, const char *text, const struct complaint *c)
{
        const struct param *p = v->param;

        v->text = text;
        if (list_has(p->words, text)) {
                v->is_word = true;
                v->number = RUN_ALL;
                if (strcmp(p->name, "workers") == 0)
                        v->number = run->private->cpu_count; /* all usable ones */
                return true;
        }
        if (p->max && number_read(text, &v->number) && v->number >= p->min && v->number <= p->max)
                return true;
        return complain_value(c, p, text);
}

static bool complain_unknown(const struct run *run, const struct complaint *c, const char *name)
{
        const char *known[PARAMS_MAX];
        char near[TEXT_BYTES];
        size_t count = run->private->value_count;

        for (size_t i = 0; i < count; i++)
                known[i] = run->private->values[i].param->name;
        return complain(c, "unknown parameter '%s' of %s%s", name, run->workload,
                        nearest_words(name, known, count, near, sizeof(near)));
}

/* One NAME=VALUE; cuts TEXT at the sign. */
static bool pair_read(struct run *run, char *text, const struct complaint *c)
{
        char *sign = strchr(text, '=');
        struct run_value *v;

        if (!sign)
                return complain(c, "'%s' is not NAME=VALUE", text);
        *sign = '\0';
        v = value_find(run, text);
        if (!v)
                return complain_unknown(run, c, text);
        if (v->text)
                return complain(c, "parameter %s is given twice", text);
        return value_read(run, v, sign + 1, c);
}

static bool complain_missing(const struct complaint *c, const struct param *p)
{
        int length = (int)strcspn(p->smoke, ",");

        return complain(c, "parameter %s is missing, for example %s=%.*s: %s", p->name, p->name, length,
                        p->smoke, p->text);
}

/* A slot for every parameter that the workload has, without values. */
static bool slots_make(struct run_private *p)
{
        const struct param *tables[] = { p->workload->params, common_params };

        p->value_count = 0;
        p->values = calloc(PARAMS_MAX, sizeof(*p->values));
        if (!p->values)
                return false;
        for (size_t t = 0; t < 2; t++)
                for (const struct param *param = tables[t]; param->name && p->value_count < PARAMS_MAX;
                     param++)
                        if (!workload_replaces(p->workload, param))
                                p->values[p->value_count++].param = param;
        return true;
}

bool params_read(struct run *run, const char *params, char *error, size_t error_bytes)
{
        const struct complaint c = { error, error_bytes };
        struct run_private *p = run->private;
        char *rest;

        p->text = strdup(params);
        if (!p->text || !slots_make(p))
                return complain(&c, "no memory for the parameters");
        for (char *pair = strtok_r(p->text, ";", &rest); pair; pair = strtok_r(NULL, ";", &rest))
                if (!pair_read(run, pair, &c))
                        return false;
        for (size_t i = 0; i < p->value_count; i++)
                if (!p->values[i].text)
                        return complain_missing(&c, p->values[i].param);
        return true;
}

static const struct run_value *value_get(const struct run *run, const char *name)
{
        const struct run_value *v = value_find(run, name);

        if (!v)
                run_fail((struct run *)run, "the workload asks for a parameter '%s' that it does not have",
                         name);
        return v;
}

uint64_t run_param(const struct run *run, const char *name)
{
        const struct run_value *v = value_get(run, name);

        if (v->is_word && v->number == RUN_ALL && strcmp(v->text, "all") != 0)
                run_fail((struct run *)run, "parameter %s=%s is no number", name, v->text);
        return v->number;
}

bool run_param_is(const struct run *run, const char *name, const char *word)
{
        return strcmp(value_get(run, name)->text, word) == 0;
}

bool run_variant_is(const struct run *run, const char *variant)
{
        return strcmp(run->variant, variant) == 0;
}
