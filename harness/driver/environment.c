/* SPDX-License-Identifier: MIT */
/* environment.json put together, compared, and read back. */
#include "harness/driver/environment.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cpus.h"
#include "harness/driver/facts.h"
#include "harness/driver/machine.h"

static json_t *text_or_null(const char *text)
{
        return text ? json_string(text) : json_null();
}

static void append(char *text, size_t bytes, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void append(char *text, size_t bytes, const char *format, ...)
{
        size_t used = strlen(text);
        va_list args;

        va_start(args, format);
        vsnprintf(text + used, bytes - used, format, args);
        va_end(args);
}

static void add_word(json_t *words, const char *word)
{
        json_array_append_new(words, json_string(word));
}

/* --NAME VALUE, unless VALUE is NULL. */
static void add_option(json_t *words, const char *name, const char *value)
{
        if (!value)
                return;
        add_word(words, name);
        add_word(words, value);
}

/* The words that repeat the run, without folders. */
static json_t *command_words(const struct request *r)
{
        json_t *words = json_pack("[s, s, s]", "asyncbench", "run", profile_words[r->profile]);
        char number[32];

        add_option(words, "--only", r->only);
        add_option(words, "--runtimes", r->runtimes);
        for (size_t i = 0; i < r->set_count; i++)
                add_option(words, "--set", r->set[i]);
        snprintf(number, sizeof(number), "%u", r->rounds);
        add_option(words, "--rounds", r->rounds ? number : NULL);
        snprintf(number, sizeof(number), "%" PRIu64, r->seed);
        add_option(words, "--seed", number);
        add_option(words, "--server-cpus", r->server_cpus);
        add_option(words, "--load-cpus", r->load_cpus);
        add_option(words, "--label", r->label);
        return words;
}

/* Quoted as a shell wants it when there is need. */
static void append_quoted(char *text, size_t bytes, const char *word)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,=/";

        if (*word && !word[strspn(word, plain)]) {
                append(text, bytes, "%s", word);
                return;
        }
        append(text, bytes, "'");
        for (const char *at = word; *at; at++)
                append(text, bytes, *at == '\'' ? "'\\''" : "%c", *at);
        append(text, bytes, "'");
}

const char *environment_command(const struct request *r, char *text, size_t bytes)
{
        json_t *words = command_words(r), *word;
        size_t i;

        text[0] = '\0';
        json_array_foreach(words, i, word)
        {
                append(text, bytes, "%s", i ? " " : "");
                append_quoted(text, bytes, json_string_value(word));
        }
        json_decref(words);
        return text;
}

static json_t *request_json(const struct environment_parts *p)
{
        const struct request *r = p->request;
        json_t *sets = json_array();
        char seed[32];

        for (size_t i = 0; i < r->set_count; i++)
                add_word(sets, r->set[i]);
        snprintf(seed, sizeof(seed), "%" PRIu64, r->seed);
        return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:s, s:s}", "command",
                         command_words(r), "profile", profile_words[r->profile], "only",
                         text_or_null(r->only), "runtimes_asked", text_or_null(r->runtimes), "set", sets,
                         "rounds_asked", r->rounds ? json_integer(r->rounds) : json_null(), "seed", seed,
                         "server_cpus_asked", text_or_null(r->server_cpus), "load_cpus_asked",
                         text_or_null(r->load_cpus), "common_params", p->selection->common, "reference",
                         p->selection->reference ? p->selection->reference->name : "");
}

static json_t *placement_json(const struct placement *p)
{
        char server[4096], load[4096], driver[4096];

        return json_pack("{s:s, s:s, s:s, s:b, s:s}", "server_cpus",
                         cpus_format(&p->server, server, sizeof(server)), "load_cpus",
                         cpus_format(&p->load, load, sizeof(load)), "driver_cpus",
                         cpus_format(&p->driver, driver, sizeof(driver)), "shared_cores", p->shared_cores,
                         "placement_note", p->note);
}

static const char *base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

static json_t *executables_json(const struct environment_parts *p)
{
        json_t *hashes = json_pack("{s:o}", "asyncbench", machine_file_hash("/proc/self/exe"));

        for (size_t i = 0; i < p->names->executable_count; i++)
                json_object_set_new(hashes, base_name(p->names->executables[i]),
                                    machine_file_hash(p->names->executables[i]));
        if (p->names->counter)
                json_object_set_new(hashes, base_name(p->names->counter),
                                    machine_file_hash(p->names->counter));
        return hashes;
}

static json_t *runtimes_json(const struct names *names)
{
        json_t *rows = json_array();

        for (size_t i = 0; i < names->count; i++) {
                const struct row *row = &names->rows[i];

                json_array_append_new(rows, row->described ? json_deep_copy(row->described)
                                                           : json_pack("{s:s, s:b, s:o, s:s}", "runtime",
                                                                       row->name, "available", 0, "reason",
                                                                       text_or_null(row->reason), "remedy",
                                                                       row->remedy));
        }
        return rows;
}

static json_t *styles_json(const struct names *names)
{
        json_t *styles = json_object();

        for (size_t i = 0; i < names->count; i++)
                json_object_set_new(styles, names->rows[i].name, json_string(names->rows[i].style));
        return styles;
}

static json_t *left_out_json(const struct selection *s)
{
        json_t *list = json_array();

        for (size_t i = 0; i < s->left_out_count; i++) {
                const struct gap *g = &s->left_out[i];

                json_array_append_new(list,
                                      json_pack("{s:s, s:s, s:s, s:s, s:s}", "runtime", g->row->name,
                                                "workload", g->workload->name, "variant", g->variant->name,
                                                "params", g->params, "reason", g->reason));
        }
        return list;
}

/* Move the members of PART to the end of ALL. */
static void add_part(json_t *all, json_t *part)
{
        json_object_update(all, part);
        json_decref(part);
}

json_t *environment_make(const struct environment_parts *p)
{
        json_t *all = json_pack("{s:i, s:s, s:s}", "schema", 1, "suite", AB_VERSION, "label",
                                p->request->label ? p->request->label : "");

        if (!all)
                return NULL;
        add_part(all, request_json(p));
        add_part(all, machine_identity(p->root));
        add_part(all, machine_state(p->root));
        add_part(all, machine_build(p->directory));
        add_part(all, placement_json(p->placement));
        json_object_set_new(all, "executables", executables_json(p));
        json_object_set_new(all, "runtimes", runtimes_json(p->names));
        json_object_set_new(all, "styles", styles_json(p->names));
        json_object_set_new(all, "left_out", left_out_json(p->selection));
        json_object_set_new(all, "caught_by", facts_load(p->directory, "who-catches.csv"));
        json_object_set_new(all, "effort", facts_load(p->directory, "effort.csv"));
        json_object_set_new(all, "frames", facts_load(p->directory, "frames.csv"));
        return all;
}

/* ---- and back ------------------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *key)
{
        return json_string_value(json_object_get(object, key));
}

bool environment_allows(const json_t *then, const json_t *now, char *error, size_t error_bytes)
{
        char names[512];
        json_t *machine = machine_identity("");
        const char *key;
        json_t *value;

        machine_differences(json_object_get(then, "executables"), json_object_get(now, "executables"), names,
                            sizeof(names));
        if (!json_equal(json_object_get(then, "executables"), json_object_get(now, "executables"))) {
                snprintf(error, error_bytes,
                         "--resume: the run was begun with other executables than these (%s)", names);
                json_decref(machine);
                return false;
        }
        names[0] = '\0';
        json_object_foreach(machine, key,
                            value) if (!json_equal(json_object_get(then, key), json_object_get(now, key)))
                append(names, sizeof(names), "%s%s", *names ? ", " : "", key);
        json_decref(machine);
        if (*names)
                snprintf(error, error_bytes, "--resume: the run was begun on another machine (%s)", names);
        return !*names;
}

void environment_request(const json_t *then, struct request *r)
{
        const char *profile = text_of(then, "profile"), *seed = text_of(then, "seed");
        json_t *sets = json_object_get(then, "set"), *set;
        size_t i;

        for (int p = 0; profile && p < PROFILES; p++)
                if (strcmp(profile, profile_words[p]) == 0)
                        r->profile = (enum profile)p;
        r->only = text_of(then, "only");
        r->runtimes = text_of(then, "runtimes_asked");
        r->server_cpus = text_of(then, "server_cpus_asked");
        r->load_cpus = text_of(then, "load_cpus_asked");
        r->label = text_of(then, "label");
        r->rounds = (unsigned)json_integer_value(json_object_get(then, "rounds_asked"));
        r->seed = seed ? strtoull(seed, NULL, 10) : 0;
        r->set_count = 0;
        json_array_foreach(sets, i, set) if (json_is_string(set) && r->set_count < REQUEST_SETS)
                r->set[r->set_count++] = json_string_value(set);
        if (r->label && !*r->label)
                r->label = NULL;
}

void environment_changes(const json_t *then, const char *root, char *names, size_t bytes)
{
        json_t *now = machine_state(root), *same = json_object();
        const char *key;
        json_t *value;

        add_part(now, machine_identity(root));
        json_object_foreach(now, key, value) json_object_set(same, key, json_object_get(then, key));
        machine_differences(same, now, names, bytes);
        json_decref(same);
        json_decref(now);
}
