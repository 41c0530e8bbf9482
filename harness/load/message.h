/* SPDX-License-Identifier: MIT */
/* What a message holds: connection and sequence number, then bytes that depend on both. */
#ifndef AB_MESSAGE_H
#define AB_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A connection's messages are one stream: message M occupies the bytes from M * size on. Any part of the stream can be
 * made or compared from its position alone, so that short transfers need no copies kept.
 *
 * The first 16 bytes are the header, the rest is a slice of a fixed table of pseudo-random bytes whose start depends
 * on connection and sequence number: neighbours differ, and a reply that is stale, shifted, swapped or another
 * connection's does not compare equal.
 */
enum { MESSAGE_HEADER_BYTES = 16, MESSAGE_MAX_BYTES = 64 * 1024 };

/* Fill the table from SEED, which marks the headers, too: what another generator sent does not compare equal. Once,
 * before all else. */
void message_table_fill(uint64_t seed);

/* Write BYTES of the stream of CONNECTION, whose messages have SIZE bytes, from position AT on. */
void message_make(uint32_t connection, size_t size, uint64_t at, char *data, size_t bytes);

/* Compare BYTES that were received from position AT on. Returns how many at the start are right. */
size_t message_compare(uint32_t connection, size_t size, uint64_t at, const char *data, size_t bytes);

#endif
