/* SPDX-License-Identifier: MIT */
/* §7 of REPORT.md: which tool says something about which mistake, and the same in a word for §2. */
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/report/text.h"

static const char *const languages[] = { "c", "rust" };
static const char *const titles[] = { "C", "Rust" };
enum { LANGUAGES = sizeof(languages) / sizeof(languages[0]) };

static const json_t *verdicts_of(const struct page *p, const struct workload *w, const struct variant *v,
                                 const char *language)
{
        return page_facts(p, "caught_by", w->name, v->name, language);
}

static bool is_silent(const json_t *verdict)
{
        const char *word = json_string_value(verdict);

        return !word || strcmp(word, "silent") == 0;
}

bool page_has_catches(const struct page *p)
{
        return json_object_size(json_object_get(p->d->environment, "caught_by")) > 0;
}

void page_caught_by(const struct page *p, const struct workload *w, const struct variant *v)
{
        bool first = true, known = false;
        const char *tool;
        json_t *verdict;

        for (size_t i = 0; i < LANGUAGES; i++) {
                json_t *verdicts = (json_t *)verdicts_of(p, w, v, languages[i]);
                bool named = false;

                json_object_foreach(verdicts, tool, verdict)
                {
                        known = true;
                        if (is_silent(verdict))
                                continue;
                        out_text(p->f, first ? " " : named ? ", " : "; ");
                        if (!named)
                                out_format(p->f, "%s: ", titles[i]);
                        md_text(p->f, tool);
                        first = false;
                        named = true;
                }
        }
        out_text(p->f, first && known ? " nothing |" : " |");
}

/* Each tool that some mistake has a verdict of, once, in the order of the names. */
static json_t *tools_of(const struct page *p, const char *language)
{
        json_t *tools = json_object(), *all = json_object_get(p->d->environment, "caught_by"), *by_language;
        const char *mistake;

        json_object_foreach(all, mistake, by_language)
                json_object_update_missing(tools, json_object_get(by_language, language));
        return tools;
}

static void language_line(const struct page *p, const struct workload *w, const struct variant *v,
                          const char *language, json_t *tools)
{
        const json_t *verdicts = verdicts_of(p, w, v, language);
        const char *tool;
        json_t *unused;

        if (!verdicts)
                return;
        out_format(p->f, "| %s: %s |", w->name, v->name);
        json_object_foreach(tools, tool, unused)
        {
                const json_t *verdict = json_object_get(verdicts, tool);

                out_text(p->f, is_silent(verdict) ? " " : " **");
                md_text(p->f, verdict ? json_string_value(verdict) : "-");
                out_text(p->f, is_silent(verdict) ? " |" : "** |");
        }
        out_text(p->f, "\n");
}

static void language_table(const struct page *p, size_t language)
{
        json_t *tools = tools_of(p, languages[language]), *unused;
        const char *tool;

        if (json_object_size(tools) > 0) {
                out_format(p->f, "| in %s |", titles[language]);
                json_object_foreach(tools, tool, unused)
                {
                        out_text(p->f, " ");
                        md_text(p->f, tool);
                        out_text(p->f, " |");
                }
                out_text(p->f, "\n|---|");
                for (size_t i = 0; i < json_object_size(tools); i++)
                        out_text(p->f, "---|");
                out_text(p->f, "\n");
                for (size_t i = 0; p->d->workloads[i]; i++)
                        for (const struct variant *v = p->d->workloads[i]->variants; v->name; v++)
                                language_line(p, p->d->workloads[i], v, languages[language], tools);
                out_text(p->f, "\n");
        }
        json_decref(tools);
}

void page_catches(const struct page *p)
{
        if (!page_has_catches(p))
                return;
        out_text(p->f, "What was measured, sent past the tools of a team by scripts/who-catches.sh. "
                       "*refused*: it does "
                       "not compile where tasks may change threads. *warned*: the tool points at it. "
                       "*failed*: a test "
                       "at the smallest load that its program has fails or hangs. *silent*: nothing.\n\n");
        for (size_t i = 0; i < LANGUAGES; i++)
                language_table(p, i);
}
