/* SPDX-License-Identifier: MIT */
/* What an executable says about itself, field by field. */
#include "tests/exe/exe.h"

#include <stdio.h>
#include <string.h>

#include "harness/protocol.h"
#include "harness/traits.h"

/* ---- the form of objects ------------------------------------------------------------------------------- */

enum form { TEXT, TEXT_OR_NULL, LINK_OR_NULL, NUMBER, FLAG, LIST, OBJECT };

struct field {
        const char *name; /* a table ends at NULL */
        enum form form;
};

static const struct field top_fields[] = {
        { "protocol", NUMBER }, { "name", TEXT }, { "rows", LIST }, { "absent", LIST }, { 0 },
};

static const struct field row_fields[] = {
        { "runtime", TEXT },        { "version", TEXT },
        { "released", NUMBER },     { "model", TEXT },
        { "effort", TEXT },         { "traits", LIST },
        { "available", FLAG },      { "reason", TEXT_OR_NULL },
        { "remedy", TEXT_OR_NULL }, { "timer_granularity_ns", NUMBER },
        { "card", OBJECT },         { "mistakes", LIST },
        { "knobs", LIST },          { 0 },
};

static const struct field card_fields[] = {
        { "threads", TEXT },    { "buffers", TEXT }, { "placement", TEXT },
        { "idiom_from", TEXT }, { "differs", TEXT }, { 0 },
};

static const struct field mistake_fields[] = {
        { "workload", TEXT }, { "variant", TEXT }, { "looks_like", TEXT }, { "report", LINK_OR_NULL }, { 0 },
};

static const struct field knob_fields[] = {
        { "name", TEXT },
        { "value", TEXT },
        { "meaning", TEXT },
        { 0 },
};

static const struct field absent_fields[] = {
        { "runtime", TEXT }, { "workload", TEXT }, { "variant", TEXT }, { "reason", TEXT }, { 0 },
};

static bool has_form(const json_t *value, enum form form)
{
        const char *text = json_string_value(value);

        switch (form) {
        case TEXT:
                return text && *text;
        case TEXT_OR_NULL:
                return json_is_null(value) || (text && *text);
        case LINK_OR_NULL:
                return json_is_null(value) || (text && strncmp(text, "http", 4) == 0);
        case NUMBER:
                return json_is_integer(value) && json_integer_value(value) >= 0;
        case FLAG:
                return json_is_boolean(value);
        case LIST:
                return json_is_array(value);
        case OBJECT:
                return json_is_object(value);
        }
        return false;
}

static bool fields_hold(const json_t *object, const struct field *fields, char *why)
{
        static const char *const words[] = {
                [TEXT] = "text",
                [TEXT_OR_NULL] = "text or null",
                [LINK_OR_NULL] = "a link or null",
                [NUMBER] = "a number >= 0",
                [FLAG] = "true or false",
                [LIST] = "a list",
                [OBJECT] = "an object",
        };

        for (; fields->name; fields++)
                if (!has_form(json_object_get(object, fields->name), fields->form))
                        return why_not(why, "%s is not there, or not %s", fields->name, words[fields->form]);
        return true;
}

static bool each_holds(const json_t *list, const struct field *fields, const char *what, char *why)
{
        char inside[WHY_BYTES];
        json_t *object;
        size_t i;

        json_array_foreach(list, i, object)
        {
                if (!fields_hold(object, fields, inside))
                        return why_not(why, "%s %zu: %.400s", what, i, inside);
        }
        return true;
}

/* ---- what the words mean ------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
        return json_string_value(json_object_get(object, key));
}

static bool row_form(const json_t *row, char *why)
{
        return fields_hold(row, row_fields, why) &&
               fields_hold(json_object_get(row, "card"), card_fields, why) &&
               each_holds(json_object_get(row, "mistakes"), mistake_fields, "mistake", why) &&
               each_holds(json_object_get(row, "knobs"), knob_fields, "knob", why);
}

static bool row_effort(const json_t *row, char *why)
{
        const char *effort = text_of(row, "effort");

        return strcmp(effort, "as-documented") == 0 || strcmp(effort, "tuned") == 0 ||
               why_not(why, "effort is '%.80s'", effort);
}

static bool row_traits(const json_t *row, char *why)
{
        json_t *word;
        size_t i;

        json_array_foreach(json_object_get(row, "traits"), i, word)
        {
                if (!trait_of(json_string_value(word)))
                        return why_not(why, "trait %zu is unknown: '%.80s'", i,
                                       json_is_string(word) ? json_string_value(word) : "no text");
        }
        return true;
}

static bool row_reason(const json_t *row, char *why)
{
        bool available = json_is_true(json_object_get(row, "available"));

        return available == json_is_null(json_object_get(row, "reason")) ||
               why_not(why, available ? "it is available, yet gives a reason" : "it gives no reason");
}

static bool is_cell(const json_t *entry, char *why)
{
        const char *workload = text_of(entry, "workload"), *variant = text_of(entry, "variant");
        const struct workload *w = workload_find(workload);

        return (w && workload_variant(w, variant)) ||
               why_not(why, "there is no cell %.80s/%.80s", workload, variant);
}

static bool row_mistakes(const json_t *row, char *why)
{
        json_t *mistake;
        size_t i;

        json_array_foreach(json_object_get(row, "mistakes"), i, mistake)
        {
                if (!is_cell(mistake, why))
                        return false;
        }
        return true;
}

static const json_t *row_find(const json_t *rows, const char *name)
{
        json_t *row;
        size_t i;

        json_array_foreach(rows, i, row)
        {
                if (strcmp(text_of(row, "runtime"), name) == 0)
                        return row;
        }
        return NULL;
}

static bool rows_differ(const json_t *rows, char *why)
{
        json_t *row;
        size_t i;

        json_array_foreach(rows, i, row)
        {
                if (row_find(rows, text_of(row, "runtime")) != row)
                        return why_not(why, "two rows are named %.80s", text_of(row, "runtime"));
        }
        return true;
}

static bool same_cell(const json_t *a, const json_t *b)
{
        return strcmp(text_of(a, "runtime"), text_of(b, "runtime")) == 0 &&
               strcmp(text_of(a, "workload"), text_of(b, "workload")) == 0 &&
               strcmp(text_of(a, "variant"), text_of(b, "variant")) == 0;
}

static bool absent_cells(const json_t *rows, const json_t *absent, char *why)
{
        json_t *entry;
        size_t i;

        json_array_foreach(absent, i, entry)
        {
                if (!is_cell(entry, why))
                        return false;
                if (!row_find(rows, text_of(entry, "runtime")))
                        return why_not(why, "there is no row %.80s", text_of(entry, "runtime"));
                for (size_t k = 0; k < i; k++)
                        if (same_cell(json_array_get(absent, k), entry))
                                return why_not(why, "%s/%s on %s stands there twice",
                                               text_of(entry, "workload"), text_of(entry, "variant"),
                                               text_of(entry, "runtime"));
        }
        return true;
}

/* ---- the rules ----------------------------------------------------------------------------------------- */

/* The object that `describe` prints, or NULL. */
static json_t *ask(const struct exe *exe)
{
        const char *const argv[] = { exe->path, "describe", NULL };
        json_t *description = NULL;
        json_error_t error = { 0 };
        char why[WHY_BYTES];
        struct call call;

        call_run(&call, argv);
        why_not(why, "status %d, on standard error '%.400s'", call.status, call.err);
        if (tap_check(call.status == 0 && !*call.err, "describe", "exits 0, silent on standard error", why)) {
                description = json_loads(call.out, JSON_REJECT_DUPLICATES, &error);
                why_not(why, "%s in line %d", error.text, error.line);
                tap_check(json_is_object(description), "describe", "prints one JSON object", why);
        }
        call_free(&call);
        return description;
}

static bool is_named_after(const char *row, const char *file)
{
        size_t length = strlen(file);

        return strncmp(row, file, length) == 0 && (row[length] == '\0' || row[length] == '-');
}

static bool top_rules(const struct exe *exe, const json_t *d)
{
        const json_t *rows = json_object_get(d, "rows"), *first = json_array_get(rows, 0);
        const char *first_name;
        char why[WHY_BYTES] = "";

        if (!tap_check(fields_hold(d, top_fields, why), "describe", "has every field in its form", why))
                return false;
        why_not(why, "protocol is %lld, not %d", json_integer_value(json_object_get(d, "protocol")),
                PROTOCOL_VERSION);
        tap_check(json_integer_value(json_object_get(d, "protocol")) == PROTOCOL_VERSION, "describe",
                  "speaks this version of the protocol", why);
        why_not(why, "it says %.80s, the file %.80s", text_of(d, "name"), exe->name);
        tap_check(strcmp(text_of(d, "name"), exe->name) == 0, "describe", "says the name of its file", why);
        first_name = text_of(first, "runtime");
        why_not(why, "it is named %.80s", first_name ? first_name : "nothing");
        return tap_check(first_name && is_named_after(first_name, exe->name), "describe",
                         "the first row is the file's NAME or NAME-suffix", why);
}

static bool row_rules(const json_t *row)
{
        static const struct {
                const char *holds;
                bool (*check)(const json_t *row, char *why);
        } rules[] = {
                { "its effort is as-documented or tuned", row_effort },
                { "its traits are known", row_traits },
                { "it has a reason when it cannot run here, and only then", row_reason },
                { "its mistakes are cells", row_mistakes },
        };
        char subject[160], why[WHY_BYTES] = "";
        const char *name = text_of(row, "runtime");
        bool good = true;

        snprintf(subject, sizeof(subject), "describe: row %.80s", name ? name : "without a name");
        if (!tap_check(row_form(row, why), subject, "has every field in its form", why))
                return false;
        for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
                good &= tap_check(rules[i].check(row, why), subject, rules[i].holds, why);
        return good;
}

static bool absent_rules(const json_t *rows, const json_t *absent)
{
        char why[WHY_BYTES] = "";

        return tap_check(each_holds(absent, absent_fields, "entry", why), "describe: absent cells",
                         "each has every field in its form", why) &&
               tap_check(absent_cells(rows, absent, why), "describe: absent cells",
                         "each is one of the tables', once", why);
}

bool describe_rules(struct exe *exe)
{
        char why[WHY_BYTES] = "";
        json_t *d = ask(exe), *row;
        const json_t *rows = json_object_get(d, "rows");
        bool good = d && top_rules(exe, d);
        size_t i;

        json_array_foreach(rows, i, row)
        {
                good = good && row_rules(row);
        }
        good = good &&
               tap_check(rows_differ(rows, why), "describe", "its rows have names of their own", why) &&
               absent_rules(rows, json_object_get(d, "absent"));
        if (good)
                exe->description = d;
        else
                json_decref(d);
        return good;
}
