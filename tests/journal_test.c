/* SPDX-License-Identifier: MIT */
/* The journal: what goes in comes out, whatever instant the writer died at; damage is found and named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/journal.h"

enum { LINES = 5, ROOM = 4096 };

static char dir[] = "/tmp/journal-test-XXXXXX", path[64];

static int make_directory(void **state)
{
        (void)state;
        if (!mkdtemp(dir))
                return -1;
        snprintf(path, sizeof(path), "%s/journal.jsonl", dir);
        return 0;
}

static int remove_directory(void **state)
{
        (void)state;
        unlink(path);
        return rmdir(dir);
}

/* Write LINES records {"record":"sample","order":i}. */
static void write_some(void)
{
        struct journal *j;

        unlink(path);
        j = journal_create(path, false);
        assert_non_null(j);
        for (int i = 0; i < LINES; i++)
                assert_int_equal(journal_append(j, json_pack("{s:s, s:i, s:s}", "record", "sample", "order",
                                                             i, "text", "quotes \" and \n newlines")),
                                 0);
        journal_close(j);
}

static size_t load(char *text)
{
        FILE *f = fopen(path, "r");
        size_t n;

        assert_non_null(f);
        n = fread(text, 1, ROOM, f);
        fclose(f);
        return n;
}

static void store(const char *text, size_t bytes)
{
        FILE *f = fopen(path, "w");

        assert_non_null(f);
        assert_int_equal(fwrite(text, 1, bytes, f), bytes);
        fclose(f);
}

static int count_in_order(void *arg, const json_t *record)
{
        int *count = arg;

        assert_int_equal(json_integer_value(json_object_get(record, "order")), *count);
        assert_string_equal(json_string_value(json_object_get(record, "text")), "quotes \" and \n newlines");
        ++*count;
        return 0;
}

static void checksum_is_crc32c(void **state)
{
        (void)state;
        assert_int_equal(crc32c(0, "123456789", 9), 0xE3069283u);
        assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xE3069283u);
        assert_int_equal(crc32c(0, "", 0), 0);
}

static void what_is_written_is_read(void **state)
{
        char error[256];
        int count = 0;
        long torn;

        (void)state;
        write_some();
        assert_int_equal(journal_read(path, count_in_order, &count, &torn, error, sizeof(error)), 0);
        assert_int_equal(count, LINES);
        assert_int_equal(torn, -1);
}

static void an_existing_journal_is_not_overwritten(void **state)
{
        (void)state;
        write_some();
        assert_null(journal_create(path, false));
        assert_int_equal(errno, EEXIST);
}

static void lines_are_appended_to_an_existing_journal(void **state)
{
        char error[256];
        int count = 0;
        struct journal *j;
        long torn;

        (void)state;
        write_some();
        j = journal_create(path, true);
        assert_non_null(j);
        assert_int_equal(journal_append(j, json_pack("{s:s, s:i, s:s}", "record", "sample", "order", LINES,
                                                     "text", "quotes \" and \n newlines")),
                         0);
        journal_close(j);
        assert_int_equal(journal_read(path, count_in_order, &count, &torn, error, sizeof(error)), 0);
        assert_int_equal(count, LINES + 1);
}

/* A writer that is killed leaves any prefix of the file. */
static void every_prefix_reads_as_its_whole_lines(void **state)
{
        char text[ROOM], error[256];
        size_t bytes, whole = 0, start = 0;

        (void)state;
        write_some();
        bytes = load(text);
        for (size_t cut = 0; cut <= bytes; cut++) {
                int count = 0;
                long torn;

                if (cut && text[cut - 1] == '\n') {
                        whole++;
                        start = cut;
                }
                store(text, cut);
                assert_int_equal(journal_read(path, count_in_order, &count, &torn, error, sizeof(error)), 0);
                assert_int_equal(count, whole);
                assert_int_equal(torn, cut == start ? -1 : (long)start);
        }
}

static void a_last_line_with_a_wrong_checksum_is_torn(void **state)
{
        char text[ROOM], error[256];
        int count = 0;
        size_t bytes;
        long torn;

        (void)state;
        write_some();
        bytes = load(text);
        text[bytes - 5] ^= 1;
        store(text, bytes);
        assert_int_equal(journal_read(path, count_in_order, &count, &torn, error, sizeof(error)), 0);
        assert_int_equal(count, LINES - 1);
        assert_true(torn > 0);
}

/* Whichever byte of a line before the last is changed, its line is named. */
static void damage_before_the_last_line_is_an_error_that_names_it(void **state)
{
        char text[ROOM], error[256], expected[64];
        size_t bytes, line = 1;

        (void)state;
        write_some();
        bytes = load(text);
        for (size_t i = 0; i < bytes && line < LINES; i++) {
                int count = 0;
                long torn;

                if (text[i] == '\n') {
                        line++;
                        continue;
                }
                text[i] ^= 0x20;
                store(text, bytes);
                text[i] ^= 0x20;
                assert_int_equal(journal_read(path, count_in_order, &count, &torn, error, sizeof(error)), -1);
                snprintf(expected, sizeof(expected), "line %zu is damaged", line);
                assert_non_null(strstr(error, expected));
        }
}

static int stop_at_two(void *arg, const json_t *record)
{
        (void)record;
        return ++*(int *)arg == 2 ? 7 : 0;
}

static void the_reader_stops_when_told(void **state)
{
        char error[256];
        int count = 0;
        long torn;

        (void)state;
        write_some();
        assert_int_equal(journal_read(path, stop_at_two, &count, &torn, error, sizeof(error)), 7);
        assert_int_equal(count, 2);
}

static void a_missing_file_is_an_error(void **state)
{
        char error[256];
        int count = 0;
        long torn;

        (void)state;
        unlink(path);
        assert_int_equal(journal_read(path, stop_at_two, &count, &torn, error, sizeof(error)), -1);
        assert_non_null(strstr(error, "cannot be opened"));
}

static void a_full_disk_is_told(void **state)
{
        struct journal *j = journal_create("/dev/full", true);

        (void)state;
        assert_non_null(j);
        assert_int_equal(journal_append(j, json_pack("{s:s}", "record", "sample")), -ENOSPC);
        journal_close(j);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(checksum_is_crc32c),
                cmocka_unit_test(what_is_written_is_read),
                cmocka_unit_test(an_existing_journal_is_not_overwritten),
                cmocka_unit_test(lines_are_appended_to_an_existing_journal),
                cmocka_unit_test(every_prefix_reads_as_its_whole_lines),
                cmocka_unit_test(a_last_line_with_a_wrong_checksum_is_torn),
                cmocka_unit_test(damage_before_the_last_line_is_an_error_that_names_it),
                cmocka_unit_test(the_reader_stops_when_told),
                cmocka_unit_test(a_missing_file_is_an_error),
                cmocka_unit_test(a_full_disk_is_told),
        };

        return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
