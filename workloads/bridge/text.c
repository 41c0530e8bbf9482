/* SPDX-License-Identifier: MIT */
/* Requests and replies of `bridge`: numbers as text, made, parsed and hashed. */
#include "workloads/bridge/bridge.h"

#define FNV_PRIME UINT64_C(1099511628211)

enum { MODULUS = 10000000 };

/* xorshift64 (Marsaglia, 2003), which never leaves 0. */
void text_write(char *text, size_t fields, uint64_t number)
{
        number |= 1;
        for (size_t i = 0; i < fields; i++, text += FIELD_BYTES) {
                uint64_t left;

                number ^= number << 13;
                number ^= number >> 7;
                number ^= number << 17;
                left = number % MODULUS;
                for (int digit = FIELD_BYTES - 2; digit >= 0; digit--, left /= 10)
                        text[digit] = (char)('0' + left % 10);
                text[FIELD_BYTES - 1] = ' ';
        }
}

uint64_t text_sum(const char *text, size_t fields)
{
        uint64_t sum = 0, number = 0;

        for (const char *end = text + fields * FIELD_BYTES; text < end; text++)
                if (*text == ' ') {
                        sum += number;
                        number = 0;
                } else {
                        number = number * 10 + (uint64_t)(*text - '0');
                }
        return sum;
}

uint64_t text_hash(const char *text, size_t bytes, uint64_t passes, uint64_t start)
{
        for (; passes; passes--)
                for (size_t i = 0; i < bytes; i++)
                        start = (start ^ (unsigned char)text[i]) * FNV_PRIME;
        return start;
}

uint64_t row_of(uint64_t key)
{
        return (key ^ key >> 7) * FNV_PRIME;
}
