/* SPDX-License-Identifier: MIT */
/* REPORT.md: the order of its sections, and the words that they share. */
#include "harness/report/markdown.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/report/text.h"

/* GitHub's dialect: `$` starts a formula there, and a backslash before punctuation is always safe. */
static const char *escape_of(char c)
{
        switch (c) {
        case '&':
                return "&amp;";
        case '<':
                return "&lt;";
        case '>':
                return "&gt;";
        case '|':
                return "\\|";
        case '`':
                return "\\`";
        case '*':
                return "\\*";
        case '[':
                return "\\[";
        case ']':
                return "\\]";
        case '\\':
                return "\\\\";
        case '$':
                return "\\$";
        case '~':
                return "\\~";
        case '#':
                return "\\#";
        case '!':
                return "\\!";
        default:
                return iscntrl((unsigned char)c) ? " " : NULL;
        }
}

void md_text(struct out *f, const char *text)
{
        char before = ' ';

        for (; *text; text++) {
                const char *escape = escape_of(*text);

                /* Underscores inside words are harmless, and names are full of them. */
                if (*text == '_' && (!isalnum((unsigned char)before) || !isalnum((unsigned char)text[1])))
                        escape = "\\_";
                if (escape)
                        out_text(f, escape);
                else
                        out_bytes(f, text, 1);
                before = *text;
        }
}

void md_name(struct out *f, const char *name)
{
        bool plain = name_is_plain(name);

        out_text(f, plain ? "`" : "");
        md_text(f, plain ? "" : name);
        out_text(f, plain ? name : "");
        out_text(f, plain ? "`" : "");
}

void md_plot(struct out *f, const struct plot *plot)
{
        out_text(f, "![");
        md_text(f, plot->alternative);
        out_format(f, "](plots/%s.svg)\n\n", plot->name);
}

void md_list(struct out *f, const char *separator, const char *name, bool *first)
{
        out_text(f, *first ? "" : separator);
        md_text(f, name);
        *first = false;
}

bool tells_by_outcome(const struct finding *f, const struct variant *v)
{
        if (v->rounds == ROUNDS_OUTCOME || f->endings.count > 0)
                return true;
        return f->headline.n == 0 && f->endings.shown > 0;
}

static const char *shown_word(const struct endings *e, char *buf, size_t bytes)
{
        char number[NUMBER_BYTES];

        if (e->deadlocks && e->stalls)
                return "DEADLOCK or STALLED";
        if (e->deadlocks)
                return "DEADLOCK";
        if (e->stalls)
                return "STALLED";
        snprintf(buf, bytes, "shown (%s)", number_shortest(number, e->count));
        return buf;
}

const char *endings_text(char buf[160], const struct endings *e)
{
        char word[64];

        if (e->known == 0)
                return "";
        if (e->shown == 0)
                return "not shown";
        if (e->shown == e->known)
                snprintf(buf, 160, "%s", shown_word(e, word, sizeof(word)));
        else
                snprintf(buf, 160, "%zu/%zu %s", e->shown, e->known, shown_word(e, word, sizeof(word)));
        return buf;
}

const char *missing_text(const struct cell *c)
{
        enum status most = STATUS_NOT_RUN;

        for (int s = 0; s < STATUS_COUNT; s++)
                if (c->statuses[s] > c->statuses[most])
                        most = (enum status)s;
        if (most == STATUS_OK)
                return "no number";
        return most == STATUS_NOT_RUN ? "not run" : status_word(most);
}

const char *verdict_mark(enum verdict v, double ratio)
{
        switch (v) {
        case VERDICT_EQUIVALENT:
                return "=";
        case VERDICT_NOT_RESOLVED:
                return "?";
        case VERDICT_FASTER:
        case VERDICT_SLOWER:
                return ratio > 1 ? ">" : "<";
        default:
                return "";
        }
}

const json_t *page_facts(const struct page *p, const char *kind, const char *workload, const char *variant,
                         const char *language)
{
        char subject[CELL_BYTES];

        snprintf(subject, sizeof(subject), "%s/%s", workload, variant);
        return json_object_get(json_object_get(json_object_get(p->d->environment, kind), subject), language);
}

void page_each_mistake(const struct page *p, void (*each)(const struct page *p, const struct workload *w,
                                                          const struct variant *v, uint32_t group))
{
        for (size_t i = 0; p->d->workloads[i]; i++) {
                const struct workload *w = p->d->workloads[i];

                for (const struct variant *v = w->variants; v->name; v++) {
                        uint32_t group = headline_group(p->d, w, v);

                        if (v->role == ROLE_MISTAKE && group != UINT32_MAX)
                                each(p, w, v, group);
                }
        }
}

/* Only these set one library against another; the others compare a mistake with its fix inside a row. */
static const char *const ranking[] = { "echo", "accept", "c10k", "wake", "timers", "readiness", "offload" };

static void list_ranking(const struct page *p, bool in_this_run)
{
        bool first = true;

        for (size_t i = 0; i < sizeof(ranking) / sizeof(*ranking); i++)
                if (data_has_workload(p->d, ranking[i]) == in_this_run)
                        md_list(p->f, ", ", ranking[i], &first);
}

static void page_needs(const struct page *p)
{
        size_t there = 0, all = sizeof(ranking) / sizeof(*ranking);

        for (size_t i = 0; i < all; i++)
                there += data_has_workload(p->d, ranking[i]);
        out_text(p->f, "## 3. Which runtime for which need?\n\n");
        if (there) {
                out_text(p->f, "The tables of these workloads in §6 set runtimes against each other: ");
                list_ranking(p, true);
                out_text(p->f, ".\n\n");
        }
        if (there < all) {
                out_text(p->f, "Not answered here as far as it takes workloads that are not in this run: ");
                list_ranking(p, false);
                out_text(p->f,
                         ". The others compare a mistake with its fix inside a row and rank nothing.\n\n");
        }
}

static void page_claims(const struct page *p)
{
        out_text(p->f,
                 "## 4. Published numbers on this machine\n\n"
                 "Not answered here: the record of a run holds no published numbers to compare with.\n\n");
}

static void page_sources(const struct page *p)
{
        bool effort = page_has_effort(p), catches = page_has_catches(p);

        if (!effort && !catches)
                return;
        out_format(p->f, "## 7. %s%s\n\n", effort ? "What each row costs to write" : "",
                   !catches ? ""
                   : effort ? ", and who catches each mistake"
                            : "Who catches each mistake");
        page_effort(p);
        page_frames(p);
        page_catches(p);
}

static void page_not_measured(const struct page *p)
{
        out_text(p->f,
                 "## 10. Not measured\n\n"
                 "Team on-boarding and mindset; Boost.Asio and its safety, Go, other languages; processes in "
                 "place of threads; TLS, HTTP, DNS, disk; tokio console, a live tool; networks other than "
                 "loopback.\n\n");
}

void page_write(const struct page *p)
{
        page_front(p);
        page_async(p);
        page_pitfalls(p);
        page_needs(p);
        page_claims(p);
        page_questions(p);
        page_workloads(p);
        page_sources(p);
        page_gaps(p);
        page_not_measured(p);
        page_audit(p);
}
