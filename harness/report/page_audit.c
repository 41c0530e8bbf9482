/* SPDX-License-Identifier: MIT */
/* §11 of REPORT.md: on what machine, from which seed, by which command, and the checksums. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/report/text.h"

static void line(const struct page *p, const char *name, const char *value)
{
        if (!*value)
                return;
        out_text(p->f, "| ");
        md_text(p->f, name);
        out_text(p->f, " | ");
        md_text(p->f, value);
        out_text(p->f, " |\n");
}

/* What has a place of its own in the report. */
static bool is_elsewhere(const char *key)
{
        static const char *const keys[] = { "runtimes", "styles", "absent", "left_out", "command", "seed" };

        for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
                if (strcmp(key, keys[i]) == 0)
                        return true;
        return false;
}

static void environment_line(const struct page *p, const char *key, const json_t *value)
{
        char *text;

        if (json_is_string(value) || json_is_number(value)) {
                line(p, key, environment_text(p->d, key));
                return;
        }
        if (json_is_null(value) ||
            (!json_is_boolean(value) && json_object_size(value) + json_array_size(value) == 0))
                return;
        text = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);
        if (text)
                line(p, key, text);
        free(text);
}

static int compare_keys(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void environment(const struct page *p)
{
        size_t n = 0, most = json_object_size(p->d->environment);
        const char **keys = arena_alloc(&p->d->arena, (most + 1) * sizeof(*keys)), *key;
        json_t *value;

        json_object_foreach(p->d->environment, key, value) keys[n++] = key;
        qsort(keys, n, sizeof(*keys), compare_keys);
        out_text(p->f, "| what | value |\n|---|---|\n");
        line(p, "run", p->d->run);
        line(p, "started (UTC)", p->d->started);
        line(p, "seed", p->d->seed);
        line(p, "reference row", p->d->reference);
        for (size_t i = 0; i < n; i++)
                if (!is_elsewhere(keys[i]))
                        environment_line(p, keys[i], json_object_get(p->d->environment, keys[i]));
        out_text(p->f, "\n");
}

/* As a shell takes it: single quotes around whatever is not plain. */
static void shell_word(const struct page *p, const char *word)
{
        bool plain = name_is_plain(word);

        out_text(p->f, plain ? "" : "'");
        for (const char *c = word; *c; c++) {
                if (*c == '\'')
                        out_text(p->f, "'\\''");
                else
                        out_bytes(p->f, *c == '\n' ? " " : c, 1);
        }
        out_text(p->f, plain ? "" : "'");
}

static void words(const struct page *p, const json_t *list)
{
        size_t i;
        json_t *word;

        json_array_foreach(list, i, word)
        {
                out_text(p->f, i ? " " : "");
                shell_word(p, json_string_value(word) ? json_string_value(word) : "");
        }
}

/* The line as it was typed, or its words. An indented block is code whatever stands in it; a fence could
 * be closed by the text. */
static void command(const struct page *p)
{
        const json_t *typed = json_object_get(p->d->environment, "command");

        if (!json_is_string(typed) && json_array_size(typed) == 0)
                return;
        out_text(p->f, "Repeat with:\n\n    ");
        words(p, typed);
        for (const char *c = json_is_string(typed) ? json_string_value(typed) : ""; *c; c++)
                out_bytes(p->f, (unsigned char)*c < ' ' ? " " : c, 1);
        out_text(p->f, "\n\n");
}

static void checksum(const struct page *p, const char *name, unsigned crc)
{
        out_format(p->f, "| %08x | %s |\n", crc, name);
}

static void checksums(const struct page *p)
{
        static const char *const inputs[] = { "environment.json", "schedule.csv", "journal.jsonl" };

        out_text(p->f, "| CRC-32C | file |\n|---|---|\n");
        for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
                char path[4096];
                unsigned crc;

                snprintf(path, sizeof(path), "%s/%s", p->d->dir, inputs[i]);
                if (file_crc(path, &crc) == 0)
                        checksum(p, inputs[i], crc);
        }
        for (size_t i = 0; i < p->outputs->n; i++)
                if (&p->outputs->files[i] != p->f)
                        checksum(p, p->outputs->files[i].name, p->outputs->files[i].crc);
        out_text(p->f, "\n");
}

void page_audit(const struct page *p)
{
        out_text(p->f, "## 11. The run\n\n");
        environment(p);
        command(p);
        checksums(p);
}
