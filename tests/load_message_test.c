/* SPDX-License-Identifier: MIT */
/* Messages of the load generator: made and compared at every place, and whatever is not what was sent is found. */
#include "harness/load/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 7, CONNECTION = 3 };

static const size_t sizes[] = { 16, 17, 64, 1000, MESSAGE_MAX_BYTES };

static int fill(void **state)
{
        (void)state;
        message_table_fill(SEED);
        return 0;
}

/* BYTES of the stream of CONNECTION from AT on. Freed by the caller. */
static char *made(uint32_t connection, size_t size, uint64_t at, size_t bytes)
{
        char *data = malloc(bytes);

        assert_non_null(data);
        message_make(connection, size, at, data, bytes);
        return data;
}

static void a_stream_is_the_same_made_at_once_and_in_parts(void **state)
{
        (void)state;
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
                size_t size = sizes[s], bytes = 3 * size, step = size > 1000 ? 4093 : 1;
                char *whole = made(CONNECTION, size, 5 * size, bytes);

                for (size_t at = 0; at < bytes; at += step) {
                        size_t left = bytes - at, some = left < 2 * step + 1 ? left : 2 * step + 1;
                        char *part = made(CONNECTION, size, 5 * size + at, some);

                        assert_memory_equal(part, whole + at, some);
                        assert_int_equal(message_compare(CONNECTION, size, 5 * size + at, whole + at, left),
                                         left);
                        free(part);
                }
                free(whole);
        }
}

static void a_flipped_bit_is_found_at_its_place_wherever_it_is(void **state)
{
        (void)state;
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
                size_t size = sizes[s], bytes = 2 * size, step = size > 1000 ? 997 : 1;
                char *data = made(CONNECTION, size, size / 2, bytes);

                for (size_t at = 0; at < bytes; at += step) {
                        char bit = (char)(1 << at % 8);

                        data[at] ^= bit;
                        assert_int_equal(message_compare(CONNECTION, size, size / 2, data, bytes), at);
                        data[at] ^= bit;
                }
                free(data);
        }
}

/* DATA of one message must not pass for the one at AT of CONNECTION, and differ in the first 16 bytes at the latest. */
static void assert_refused(uint32_t connection, size_t size, uint64_t at, const char *data)
{
        assert_true(message_compare(connection, size, at, data, size) < MESSAGE_HEADER_BYTES);
}

static void stale_early_swapped_and_shifted_replies_are_found(void **state)
{
        (void)state;
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
                size_t size = sizes[s];
                char *message = made(CONNECTION, size, 10 * size, 2 * size);

                for (uint64_t other = 0; other < 300; other++) {
                        if (other != 10)
                                assert_refused(CONNECTION, size, other * size, message);
                        if (other != CONNECTION)
                                assert_refused((uint32_t)other, size, 10 * size, message);
                }
                for (size_t shift = 1; shift<size; shift += size> 1000 ? 997 : 1)
                        assert_refused(CONNECTION, size, 10 * size, message + shift);
                free(message);
        }
}

/* The header gives a mistake away at once, but a reply that is right there and wrong behind it is found as well. */
static void the_rest_of_another_message_is_no_rest(void **state)
{
        size_t size = 64;
        char *message = made(CONNECTION, size, 10 * size, size);

        (void)state;
        for (uint64_t other = 0; other < 300; other++) {
                char *stranger = made(CONNECTION, size, other * size, size);

                memcpy(stranger, message, MESSAGE_HEADER_BYTES);
                if (other != 10)
                        assert_true(message_compare(CONNECTION, size, 10 * size, stranger, size) < size);
                free(stranger);
        }
        free(message);
}

static void what_another_generator_sent_is_found(void **state)
{
        char *message = made(CONNECTION, 16, 0, 16);

        message_table_fill(SEED + 1);
        assert_refused(CONNECTION, 16, 0, message);
        fill(state);
        assert_int_equal(message_compare(CONNECTION, 16, 0, message, 16), 16);
        free(message);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_stream_is_the_same_made_at_once_and_in_parts),
                cmocka_unit_test(a_flipped_bit_is_found_at_its_place_wherever_it_is),
                cmocka_unit_test(stale_early_swapped_and_shifted_replies_are_found),
                cmocka_unit_test(the_rest_of_another_message_is_no_rest),
                cmocka_unit_test(what_another_generator_sent_is_found),
        };

        return cmocka_run_group_tests(tests, fill, NULL);
}
