/* SPDX-License-Identifier: MIT */
/* --only, --runtimes and --set checked against what exists. */
#include "harness/driver/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/nearest.h"

enum { WORDS_MAX = 256 };

/* Known words of one kind, to choose the nearest from. */
struct words {
        const char *word[WORDS_MAX];
        size_t count;
};

static void add_word(struct words *w, const char *word)
{
        for (size_t i = 0; i < w->count; i++)
                if (strcmp(w->word[i], word) == 0)
                        return;
        if (w->count < WORDS_MAX)
                w->word[w->count++] = word;
}

static bool complain(const char *kind, const char *word, const struct words *known, char *error,
                     size_t error_bytes)
{
        char near[1024];

        snprintf(error, error_bytes, "unknown %s '%s'%s", kind, word,
                 nearest_words(word, known->word, known->count, near, sizeof(near)));
        return false;
}

/* Cut the comma list LIST (or NULL) into *WORDS. */
static bool split(const char *list, char ***words, size_t *count)
{
        for (const char *at = list; at; at = strchr(at, ','), at += at != NULL) {
                char **more = realloc(*words, (*count + 1) * sizeof(*more));

                if (!more)
                        return false;
                *words = more;
                if (!(more[*count] = strndup(at, strcspn(at, ","))))
                        return false;
                ++*count;
        }
        return true;
}

static bool check_only(const char *word, char *error, size_t error_bytes)
{
        const char *slash = strchr(word, '/');
        char name[128];
        struct words known = { .count = 0 };
        const struct workload *w;

        snprintf(name, sizeof(name), "%.*s", slash ? (int)(slash - word) : (int)strlen(word), word);
        w = workload_find(name);
        if (!w) {
                for (size_t i = 0; workloads[i]; i++)
                        add_word(&known, workloads[i]->name);
                return complain("workload", name, &known, error, error_bytes);
        }
        if (!slash || workload_variant(w, slash + 1))
                return true;
        for (const struct variant *v = w->variants; v->name; v++)
                add_word(&known, v->name);
        snprintf(name, sizeof(name), "variant of %s", w->name);
        return complain(name, slash + 1, &known, error, error_bytes);
}

/* A row that is known and cannot run here is only told about. */
static bool check_runtime(const char *word, const struct names *names, char *error, size_t error_bytes)
{
        const struct row *row = names_find(names, word);
        struct words known = { .count = 0 };

        if (row && row->reason)
                fprintf(stderr, "asyncbench: %s is absent: %s%s%s\n", word, row->reason,
                        *row->remedy ? "; " : "", row->remedy);
        if (row)
                return true;
        for (size_t i = 0; i < names->count; i++)
                add_word(&known, names->rows[i].name);
        return complain("runtime", word, &known, error, error_bytes);
}

/* NAME=... must be a parameter of a workload that is asked for, or one that all have. */
static bool check_set(const struct filter *f, const char *set, char *error, size_t error_bytes)
{
        struct words known = { .count = 0 };
        char name[128];

        snprintf(name, sizeof(name), "%.*s", (int)strcspn(set, "="), set);
        for (size_t i = 0; workloads[i]; i++)
                for (const struct param *p = workloads[i]->params;
                     p->name && !filter_refuses_workload(f, workloads[i]); p++)
                        add_word(&known, p->name);
        for (const struct param *p = common_params; p->name; p++)
                add_word(&known, p->name);
        for (size_t i = 0; i < known.count; i++)
                if (strcmp(known.word[i], name) == 0)
                        return true;
        return complain("parameter", name, &known, error, error_bytes);
}

bool filter_make(struct filter *f, const struct request *r, const struct names *names, char *error,
                 size_t error_bytes)
{
        bool ok;

        *f = (struct filter){ 0 };
        snprintf(error, error_bytes, "out of memory");
        ok = split(r->only, &f->only, &f->only_count) && split(r->runtimes, &f->runtimes, &f->runtime_count);
        for (size_t i = 0; ok && i < f->only_count; i++)
                ok = check_only(f->only[i], error, error_bytes);
        for (size_t i = 0; ok && i < f->runtime_count; i++)
                ok = check_runtime(f->runtimes[i], names, error, error_bytes);
        for (size_t i = 0; ok && i < r->set_count; i++)
                ok = check_set(f, r->set[i], error, error_bytes);
        return ok;
}

static void free_words(char **words, size_t count)
{
        for (size_t i = 0; i < count; i++)
                free(words[i]);
        free(words);
}

void filter_free(struct filter *f)
{
        free_words(f->only, f->only_count);
        free_words(f->runtimes, f->runtime_count);
        *f = (struct filter){ 0 };
}

/* Does WORD, "mutex" or "mutex/async", name W, and V of it unless V is NULL? */
static bool names_variant(const char *word, const struct workload *w, const struct variant *v)
{
        size_t length = strlen(w->name);

        if (strncmp(word, w->name, length) != 0)
                return false;
        return !word[length] || (word[length] == '/' && (!v || strcmp(word + length + 1, v->name) == 0));
}

static bool asked_for(const struct filter *f, const struct workload *w, const struct variant *v)
{
        for (size_t i = 0; i < f->only_count; i++)
                if (names_variant(f->only[i], w, v))
                        return true;
        return !f->only_count;
}

bool filter_refuses_workload(const struct filter *f, const struct workload *w)
{
        return !asked_for(f, w, NULL);
}

const char *filter_refuses_row(const struct filter *f, const struct row *row)
{
        for (size_t i = 0; i < f->runtime_count; i++)
                if (strcmp(f->runtimes[i], row->name) == 0)
                        return NULL;
        return f->runtime_count ? "left out by --runtimes" : NULL;
}

const char *filter_refuses(const struct filter *f, const struct workload *w, const struct variant *v,
                           const struct row *row)
{
        return asked_for(f, w, v) ? filter_refuses_row(f, row) : "left out by --only";
}
