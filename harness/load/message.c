/* SPDX-License-Identifier: MIT */
/* Messages made and compared from their place in the stream. */
#include "harness/load/message.h"

#include <string.h>

enum { STARTS = 64 * 1024 };

struct header {
        uint32_t magic, connection;
        uint64_t sequence;
};
_Static_assert(sizeof(struct header) == MESSAGE_HEADER_BYTES, "a header without holes");

static char table[STARTS + MESSAGE_MAX_BYTES];
static uint32_t magic;

void message_table_fill(uint64_t seed)
{
        uint64_t x = seed | 1;

        magic = 0x6f686365 ^ (uint32_t)(seed ^ seed >> 32);
        for (size_t i = 0; i < sizeof(table); i++) {
                x ^= x << 13, x ^= x >> 7, x ^= x << 17; /* Marsaglia's xorshift64, 2003 */
                table[i] = (char)(x >> 32);
        }
}

/* A part of one message: where its bytes come from. */
static size_t piece(uint32_t connection, size_t size, uint64_t at, struct header *header, const char **from)
{
        uint64_t sequence = at / size;
        size_t offset = (size_t)(at % size);

        if (offset < sizeof(*header)) {
                *header = (struct header){ magic, connection, sequence };
                *from = (const char *)header + offset;
                return sizeof(*header) - offset;
        }
        *from = table + (sequence * 4099 + connection * 257) % STARTS + (offset - sizeof(*header));
        return size - offset;
}

void message_make(uint32_t connection, size_t size, uint64_t at, char *data, size_t bytes)
{
        while (bytes) {
                struct header header;
                const char *from;
                size_t n = piece(connection, size, at, &header, &from);

                n = n < bytes ? n : bytes;
                memcpy(data, from, n);
                data += n;
                at += n;
                bytes -= n;
        }
}

size_t message_compare(uint32_t connection, size_t size, uint64_t at, const char *data, size_t bytes)
{
        size_t done = 0;

        while (done < bytes) {
                struct header header;
                const char *from;
                size_t n = piece(connection, size, at + done, &header, &from);

                n = n < bytes - done ? n : bytes - done;
                if (memcmp(data + done, from, n) != 0) {
                        while (data[done] == *from)
                                done++, from++;
                        return done;
                }
                done += n;
        }
        return done;
}
