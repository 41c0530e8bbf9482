/* SPDX-License-Identifier: MIT */
/* §5 of REPORT.md: what a reviewer looks for, per mistake and library. */
#include <stdio.h>
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/report/text.h"

static const char *text_of(const json_t *object, const char *key)
{
        const char *text = json_string_value(json_object_get(object, key));

        return text ? text : "";
}

/* A link only where it is one: what comes from an executable is not trusted with markup. */
static void source_of(const struct page *p, const json_t *mistake)
{
        const char *report = text_of(mistake, "report");

        if (strncmp(report, "https://", 8) == 0 && name_is_plain(report))
                out_format(p->f, " ([reported](%s))", report);
        else
                out_text(p->f, " (constructed)");
}

/* What ROW says of the mistake, or NULL. */
static const json_t *mistake_of(const json_t *row, const char *workload, const char *variant)
{
        size_t i;
        json_t *mistake;

        json_array_foreach(json_object_get(row, "mistakes"), i, mistake)
        {
                if (strcmp(text_of(mistake, "workload"), workload) == 0 &&
                    strcmp(text_of(mistake, "variant"), variant) == 0)
                        return mistake;
        }
        return NULL;
}

/* Rows of one library that say the same, as they do when they share a table, are one line. */
static void looks_like(const struct page *p, const struct workload *w, const struct variant *v)
{
        const json_t *rows = json_object_get(p->d->environment, "runtimes");

        for (size_t i = 0; i < json_array_size(rows);) {
                const json_t *mistake = mistake_of(json_array_get(rows, i), w->name, v->name);
                const char *separator = "  - ";

                if (!mistake) {
                        i++;
                        continue;
                }
                for (const json_t *same = mistake; same && json_equal(same, mistake);
                     same = mistake_of(json_array_get(rows, ++i), w->name, v->name)) {
                        out_text(p->f, separator);
                        md_text(p->f, text_of(json_array_get(rows, i), "runtime"));
                        separator = ", ";
                }
                out_text(p->f, ": ");
                md_text(p->f, text_of(mistake, "looks_like"));
                source_of(p, mistake);
                out_text(p->f, "\n");
        }
}

static void question(const struct page *p, const struct workload *w, const struct variant *v, uint32_t group)
{
        const struct variant *fix = w->variants;

        (void)group;
        while (fix->name && (!v->against || strcmp(fix->name, v->against) != 0))
                fix++;
        out_format(p->f, "- **%s: %s.** Look for: %s.", w->name, v->name, v->text);
        if (fix->name)
                out_format(p->f, " Its fix, %s: %s.", fix->name, fix->text);
        out_text(p->f, "\n");
        looks_like(p, w, v);
}

void page_questions(const struct page *p)
{
        out_text(p->f, "## 5. Questions for a review\n\n");
        page_each_mistake(p, question);
        out_text(p->f, "\n");
}
