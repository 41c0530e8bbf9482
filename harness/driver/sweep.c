/* SPDX-License-Identifier: MIT */
/* The parameter sets of one workload. */
#include "harness/driver/sweep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/nearest.h"

enum { WORDS_MAX = 32 };

/* The values of P in PROFILE: its own, else those of the profile before it. */
static const char *profile_values(const struct param *p, enum profile profile)
{
        const char *const values[PROFILES] = { p->smoke, p->quick, p->standard, p->publish };
        int i = (int)profile;

        while (i > 0 && !values[i])
                i--;
        return values[i];
}

/* The values that one of SETS gives P, or NULL. */
static const char *set_values(const struct param *p, const char *const *sets, size_t count)
{
        size_t length = strlen(p->name);

        for (size_t i = 0; i < count; i++)
                if (strncmp(sets[i], p->name, length) == 0 && sets[i][length] == '=')
                        return sets[i] + length + 1;
        return NULL;
}

/* Why VALUE is none of P's, with what would be; always false. */
static bool complain(const struct param *p, const char *value, char *error, size_t error_bytes)
{
        const char *words[WORDS_MAX];
        char copy[512], near[600] = "", *save = NULL;
        unsigned long long low = p->min, high = p->max;
        bool number = value[0] && !value[strspn(value, "0123456789")];
        size_t count = 0;

        snprintf(copy, sizeof(copy), "%s", p->words ? p->words : "");
        for (char *word = strtok_r(copy, ",", &save); word && count < WORDS_MAX;
             word = strtok_r(NULL, ",", &save))
                words[count++] = word;
        if (number && high)
                snprintf(near, sizeof(near), "; the nearest is %llu",
                         strlen(value) < 19 && strtoull(value, NULL, 10) < low ? low : high);
        else if (count)
                nearest_words(value, words, count, near, sizeof(near));
        if (high)
                snprintf(error, error_bytes, "bad value '%s' of parameter %s: from %llu to %llu%s%s%s", value,
                         p->name, low, high, count ? " or " : "", count ? p->words : "", near);
        else
                snprintf(error, error_bytes, "bad value '%s' of parameter %s%s", value, p->name, near);
        return false;
}

static bool has_value(const struct axis *a, const char *value)
{
        for (char **have = a->values; *have; have++)
                if (strcmp(*have, value) == 0)
                        return true;
        return false;
}

static bool add_value(struct axis *a, const char *value)
{
        char *copy;

        if (has_value(a, value))
                return true;
        copy = strdup(value);
        if (copy)
                a->values[a->count++] = copy;
        return copy;
}

/* Of these `all` means as many as there are processors. */
static bool counts_threads(const struct param *p)
{
        return strcmp(p->name, "workers") == 0 || strcmp(p->name, "threads") == 0;
}

/* Check VALUE and add it in its one spelling: "all" workers as a number, "007" as 7. */
static bool take_value(struct axis *a, const char *value, unsigned workers, char *error, size_t error_bytes)
{
        const struct param *p = a->param;
        unsigned long long number;
        char text[32], *end;

        if (*value && workload_list_has(p->words, value)) {
                snprintf(text, sizeof(text), "%u", workers);
                return add_value(a, counts_threads(p) && strcmp(value, "all") == 0 ? text : value);
        }
        errno = 0;
        number = strtoull(value, &end, 10);
        if (*value < '0' || *value > '9' || *end || errno || !p->max || number < p->min || number > p->max)
                return complain(p, value, error, error_bytes);
        snprintf(text, sizeof(text), "%llu", number);
        return add_value(a, text);
}

static bool take_list(struct axis *a, const char *list, unsigned workers, char *error, size_t error_bytes)
{
        char value[128];
        size_t room = 1;

        for (const char *at = list; *at; at++)
                room += *at == ',';
        if (!(a->values = calloc(room + 1, sizeof(*a->values))))
                return false;
        for (const char *at = list; at; at = strchr(at, ','), at += at != NULL) {
                snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, ","), at);
                if (!take_value(a, value, workers, error, error_bytes))
                        return false;
        }
        return true;
}

static int by_name(const void *left, const void *right)
{
        const struct axis *a = left, *b = right;

        return strcmp(a->param->name, b->param->name);
}

static bool has_curve(const struct workload *w, const char *param)
{
        for (const struct curve *c = w->curves; c && c->param; c++)
                if (strcmp(c->param, param) == 0)
                        return true;
        return false;
}

bool sweep_make(struct sweep *s, const struct workload *w, enum profile profile, const char *const *sets,
                size_t set_count, unsigned workers, char *error, size_t error_bytes)
{
        const struct param *const tables[] = { w->params, common_params };
        size_t room = 0;

        *s = (struct sweep){ .workload = w };
        snprintf(error, error_bytes, "out of memory");
        for (size_t t = 0; t < 2; t++)
                for (const struct param *p = tables[t]; p->name; p++)
                        room++;
        if (!(s->axes = calloc(room + 1, sizeof(*s->axes))))
                return false;
        for (size_t t = 0; t < 2; t++)
                for (const struct param *p = tables[t]; p->name; p++) {
                        const char *given = set_values(p, sets, set_count);
                        struct axis *a;

                        if (workload_replaces(w, p))
                                continue;
                        a = &s->axes[s->count++];

                        *a = (struct axis){ .param = p,
                                            .shown = t == 0 || given,
                                            .curve = !given && has_curve(w, p->name) };
                        if (!take_list(a, given ? given : profile_values(p, profile), workers, error,
                                       error_bytes))
                                return false;
                }
        qsort(s->axes, s->count, sizeof(*s->axes), by_name);
        return true;
}

void sweep_free(struct sweep *s)
{
        for (size_t i = 0; i < s->count; i++) {
                for (size_t v = 0; v < s->axes[i].count; v++)
                        free(s->axes[i].values[v]);
                free(s->axes[i].values);
        }
        free(s->axes);
        *s = (struct sweep){ 0 };
}

size_t sweep_points(const struct sweep *s)
{
        size_t points = 1;

        for (size_t i = 0; i < s->count; i++)
                points *= s->axes[i].count;
        return points;
}

/* The number of points per value of axis I: the last axis runs fastest. */
static size_t stride(const struct sweep *s, size_t axis)
{
        size_t points = 1;

        for (size_t i = axis + 1; i < s->count; i++)
                points *= s->axes[i].count;
        return points;
}

static size_t digit(const struct sweep *s, size_t point, size_t axis)
{
        return point / stride(s, axis) % s->axes[axis].count;
}

const char *sweep_curve(const struct sweep *s, size_t point)
{
        for (size_t i = 0; i < s->count; i++)
                if (s->axes[i].curve && digit(s, point, i) > 0)
                        return s->axes[i].param->name;
        return NULL;
}

bool sweep_runs(const struct sweep *s, size_t point)
{
        size_t off = 0;

        for (size_t i = 0; i < s->count; i++)
                off += digit(s, point, i) > 0;
        return off <= 1 || !sweep_curve(s, point);
}

void sweep_text(const struct sweep *s, size_t point, bool all, char *text, size_t bytes)
{
        size_t used = 0;

        text[0] = '\0';
        for (size_t i = 0; i < s->count && used < bytes; i++)
                if (all || s->axes[i].shown)
                        used += (size_t)snprintf(text + used, bytes - used, "%s%s=%s", used ? ";" : "",
                                                 s->axes[i].param->name,
                                                 s->axes[i].values[digit(s, point, i)]);
}

size_t sweep_canonical(const struct sweep *s, size_t point, const char *ignored)
{
        size_t canonical = point;

        for (size_t i = 0; i < s->count; i++)
                if (workload_list_has(ignored, s->axes[i].param->name))
                        canonical -= digit(s, point, i) * stride(s, i);
        return canonical;
}

unsigned sweep_number(const struct sweep *s, size_t point, const char *name)
{
        for (size_t i = 0; i < s->count; i++)
                if (strcmp(s->axes[i].param->name, name) == 0)
                        return (unsigned)strtoul(s->axes[i].values[digit(s, point, i)], NULL, 10);
        return 0;
}
