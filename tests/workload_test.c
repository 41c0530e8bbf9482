/* SPDX-License-Identifier: MIT */
/* The tables of all workloads: what the driver, the report and the command line rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/sample.h"
#include "made_up.h"

enum { TEXT_BYTES = 4096 };

static bool is_word(const char *name)
{
        return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

/* Names of metrics and parameters carry units: acquire_ns. */
static bool is_name(const char *name)
{
        return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static bool has_text(const char *text)
{
        return text && *text;
}

static void every_workload_is_found_by_its_name_alone(void **state)
{
        (void)state;
        assert_non_null(workloads[0]);
        for (size_t i = 0; workloads[i]; i++) {
                assert_true(is_word(workloads[i]->name));
                assert_ptr_equal(workload_find(workloads[i]->name), workloads[i]);
        }
        assert_null(workload_find("no-such"));
        assert_null(workload_find(""));
}

static void every_workload_has_its_hooks_and_texts(void **state)
{
        (void)state;
        for (size_t i = 0; workloads[i]; i++) {
                const struct workload *w = workloads[i];

                assert_true(has_text(w->question) && has_text(w->operation) && has_text(w->method) &&
                            has_text(w->expected));
                assert_true(w->variants && w->params && w->metrics);
                assert_true(!w->run != !w->serve && w->expect && w->verify);
        }
}

static void exactly_one_metric_is_the_headline(void **state)
{
        (void)state;
        for (size_t i = 0; workloads[i]; i++) {
                int headlines = 0;

                for (const struct metric *m = workloads[i]->metrics; m->name; m++) {
                        assert_true(is_name(m->name) && has_text(m->unit) && has_text(m->text));
                        headlines += m->headline;
                }
                assert_int_equal(headlines, 1);
                assert_true(workload_headline(workloads[i])->headline);
        }
}

/* A fix is what others are divided by; so is nothing else by itself. */
static void every_variant_but_a_fix_stands_against_another(void **state)
{
        (void)state;
        for (size_t i = 0; workloads[i]; i++)
                for (const struct variant *v = workloads[i]->variants; v->name; v++) {
                        assert_true(is_word(v->name) && has_text(v->text));
                        assert_ptr_equal(workload_variant(workloads[i], v->name), v);
                        if (v->role == ROLE_FIX) {
                                assert_null(v->against);
                                continue;
                        }
                        if (!v->against || !workload_variant(workloads[i], v->against))
                                fail_msg("%s/%s stands against nothing", workloads[i]->name, v->name);
                        assert_string_not_equal(v->against, v->name);
                        if (v->role == ROLE_MISTAKE)
                                assert_int_equal(workload_variant(workloads[i], v->against)->role, ROLE_FIX);
                }
}

static const struct param *param_find(const struct workload *w, const char *name, size_t length)
{
        const struct param *tables[] = { w->params, common_params };

        for (size_t t = 0; t < 2; t++)
                for (const struct param *p = tables[t]; p->name; p++)
                        if (strncmp(p->name, name, length) == 0 && p->name[length] == '\0')
                                return p;
        return NULL;
}

static void ignored_parameters_exist(void **state)
{
        (void)state;
        for (size_t i = 0; workloads[i]; i++)
                for (const struct variant *v = workloads[i]->variants; v->name; v++)
                        for (const char *at = v->ignores; at && *at;) {
                                size_t length = strcspn(at, ",");

                                if (!param_find(workloads[i], at, length))
                                        fail_msg("%s/%s ignores '%s'", workloads[i]->name, v->name, at);
                                at += length + (at[length] == ',');
                        }
}

/* ---- values of the profiles ----------------------------------------------------------------------------- */

enum { PROFILES = 4 };

/* The values of P in a profile: its own, or those of the nearest profile before it. */
static const char *values_in(const struct param *p, size_t profile)
{
        const char *const values[PROFILES] = { p->smoke, p->quick, p->standard, p->publish };

        while (profile > 0 && !values[profile])
                profile--;
        return values[profile];
}

/* All parameters at their headline in PROFILE, except THIS, which has VALUE. */
static void params_with(char *text, const struct workload *w, size_t profile, const struct param *this,
                        const char *value, size_t length)
{
        const struct param *tables[] = { w->params, common_params };

        text[0] = '\0';
        for (size_t t = 0; t < 2; t++)
                for (const struct param *p = tables[t]; p->name; p++) {
                        if (workload_replaces(w, p))
                                continue;
                        const char *values = p == this ? value : values_in(p, profile);
                        size_t n = p == this ? length : strcspn(values, ",");
                        size_t used = strlen(text);

                        snprintf(text + used, TEXT_BYTES - used, "%s=%.*s;", p->name, (int)n, values);
                }
}

static void check_values(const struct workload *w, const struct param *p, size_t profile)
{
        const char *value = values_in(p, profile);

        assert_non_null(value);
        while (*value) {
                size_t length = strcspn(value, ",");
                char params[TEXT_BYTES], error[256];
                struct run *run;

                params_with(params, w, profile, p, value, length);
                run = run_new(w, w->variants, "made-up", params, 1, error, sizeof(error));
                if (!run)
                        fail_msg("%s, profile %zu: %s", w->name, profile, error);
                run_free(run);
                value += length + (value[length] == ',');
        }
}

static void every_value_of_every_profile_is_legal(void **state)
{
        (void)state;
        for (size_t i = 0; workloads[i]; i++) {
                const struct param *tables[] = { workloads[i]->params, common_params };

                for (size_t t = 0; t < 2; t++)
                        for (const struct param *p = tables[t]; p->name; p++) {
                                if (workload_replaces(workloads[i], p))
                                        continue;
                                assert_true(is_name(p->name) && p->unit && has_text(p->text));
                                assert_true(p->min <= p->max);
                                for (size_t profile = 0; profile < PROFILES; profile++)
                                        check_values(workloads[i], p, profile);
                        }
        }
}

/* Its own window or warm-up is still one: in the same unit, of the same kind. */
static void a_replaced_common_parameter_means_the_same(void **state)
{
        (void)state;
        for (size_t i = 0; workloads[i]; i++)
                for (const struct param *p = workloads[i]->params; p->name; p++)
                        for (const struct param *c = common_params; c->name; c++)
                                if (strcmp(p->name, c->name) == 0) {
                                        assert_string_equal(p->unit, c->unit);
                                        assert_true(p->min >= c->min && p->max <= c->max);
                                }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_workload_is_found_by_its_name_alone),
                cmocka_unit_test(every_workload_has_its_hooks_and_texts),
                cmocka_unit_test(exactly_one_metric_is_the_headline),
                cmocka_unit_test(every_variant_but_a_fix_stands_against_another),
                cmocka_unit_test(ignored_parameters_exist),
                cmocka_unit_test(every_value_of_every_profile_is_legal),
                cmocka_unit_test(a_replaced_common_parameter_means_the_same),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
