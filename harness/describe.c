/* SPDX-License-Identifier: MIT */
/* What an executable of a runtime says about itself: its rows, and which cells are absent. */
#include "harness/describe.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "harness/protocol.h"
#include "harness/traits.h"

const struct native *describe_native(const struct runtime *rt, const struct workload *w)
{
        for (const struct native *n = rt->natives; n && n->workload; n++)
                if (strcmp(n->workload, w->name) == 0)
                        return n;
        return NULL;
}

const char *describe_absent(const struct runtime *rt, const struct workload *w, const struct variant *v)
{
        const char *reason = rt->absent ? rt->absent(rt, w->name, v->name) : NULL;

        if (!reason && w->absent)
                reason = w->absent(v, rt->traits);
        if (!reason && w->serve)
                return rt->server ? NULL : "this row has no server of its own";
        if (!reason && !rt->executor && !rt->natives)
                reason = "this row is a way to serve alone: it runs no tasks";
        if (!reason && !rt->executor && !describe_native(rt, w))
                reason = "this runtime has no form of the workload in its own language";
        return reason;
}

static json_t *traits_of(unsigned bits)
{
        json_t *words = json_array();

        for (const struct trait_word *t = trait_words; t->word; t++)
                if (bits & t->bit)
                        json_array_append_new(words, json_string(t->word));
        return words;
}

static json_t *card_of(const struct card *c)
{
        return json_pack("{s:s,s:s,s:s,s:s,s:s}", "threads", c->threads, "buffers", c->buffers, "placement",
                         c->placement, "idiom_from", c->idiom_from, "differs", c->differs);
}

static json_t *mistakes_of(const struct mistake *m)
{
        json_t *list = json_array();

        for (; m && m->workload; m++)
                json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s?}", "workload", m->workload,
                                                      "variant", m->variant, "looks_like", m->looks_like,
                                                      "report", m->report));
        return list;
}

static json_t *knobs_of(const struct knob *k)
{
        json_t *list = json_array();

        for (; k && k->name; k++)
                json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "name", k->name, "value", k->value,
                                                      "meaning", k->meaning));
        return list;
}

static json_t *row_of(const struct runtime *rt)
{
        const char *remedy = NULL, *reason = rt->probe ? rt->probe(&remedy) : NULL;
        const struct card *c = rt->card;

        return json_pack("{s:s,s:s,s:i,s:s,s:s,s:o,s:b,s:s?,s:s?,s:I,s:o,s:o,s:o}", "runtime", rt->name,
                         "version", rt->version(), "released", c->released, "model", c->model, "effort",
                         c->effort, "traits", traits_of(rt->traits), "available", reason == NULL, "reason",
                         reason, "remedy", remedy, "timer_granularity_ns",
                         (json_int_t)c->timer_granularity_ns, "card", card_of(c), "mistakes",
                         mistakes_of(rt->mistakes), "knobs", knobs_of(rt->knobs));
}

static void absent_add(json_t *list, const struct runtime *rt, const struct workload *w)
{
        for (const struct variant *v = w->variants; v->name; v++) {
                const char *reason = describe_absent(rt, w, v);

                if (reason)
                        json_array_append_new(list,
                                              json_pack("{s:s,s:s,s:s,s:s}", "runtime", rt->name, "workload",
                                                        w->name, "variant", v->name, "reason", reason));
        }
}

/* NULL, with a line that names it, when a row lacks something that it has to say. */
static json_t *description_of(const char *name)
{
        json_t *rows = json_array(), *absent = json_array();

        for (const struct runtime *rt = runtime_rows; rt->name; rt++) {
                if (json_array_append_new(rows, row_of(rt)) < 0) {
                        fprintf(stderr, "asyncbench-%s: the card of row %s has a hole\n", name, rt->name);
                        json_decref(rows);
                        json_decref(absent);
                        return NULL;
                }
                for (size_t i = 0; workloads[i]; i++)
                        absent_add(absent, rt, workloads[i]);
        }
        return json_pack("{s:i,s:s,s:o,s:o}", "protocol", PROTOCOL_VERSION, "name", name, "rows", rows,
                         "absent", absent);
}

int describe(const char *name)
{
        json_t *description = description_of(name);
        bool written;

        if (!description)
                return PROTOCOL_CHECK_FAILED;
        written = json_dumpf(description, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF &&
                  fflush(stdout) == 0;
        json_decref(description);
        if (written)
                return PROTOCOL_MEASURED;
        fprintf(stderr, "asyncbench-%s: cannot write the description: %s\n", name, strerror(errno));
        return PROTOCOL_CHECK_FAILED;
}
