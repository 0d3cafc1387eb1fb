/* SPDX-License-Identifier: Apache-2.0 */
/* Order, hash and digest of values: the three ways in which rows are told apart.
 *
 * Compare: nulls least, then by value; text, json and bytes by bytes; false < true; NaN greatest
 * and equal to itself, -0 = 0; uuid by bytes. It is the order of merge sinks too (the server is
 * made to compare alike).
 *
 * Series hash, version 1: XXH3 (64 bits, seed 0) over the canonical encoding of the key columns in
 * order. Encoding of a value: one byte 0 for null, else one byte 1 then: text, json and bytes:
 * their size as 8 bytes little-endian, then the bytes; fixed width: the bytes little-endian (bool
 * one byte; -0 as 0; every NaN as 0x7ff8000000000000). State stores this hash: it never changes
 * within a version.
 *
 * Digest of a row: XXH3 (128 bits, seed 0) over the same encoding of its identity columns; digests
 * of rows are added mod 2^128, so that a set of rows has one whatever their order.
 */
#ifndef TIDE_RECORD_ORDER_H
#define TIDE_RECORD_ORDER_H

#include "record/batch.h"

#define TIDE_HASH_VERSION 1

typedef int (*tide_compare_values)(const tide_column *a, int64_t a_row, const tide_column *b,
                                   int64_t b_row);
/* Null-aware comparer of the type: <0, 0, >0. */
tide_compare_values tide_compare_for(tide_type type);

/* A lexicographic order over some columns of a schema. */
typedef struct tide_order {
    uint32_t *columns;            /* owned */
    tide_compare_values *compare; /* owned; one per column */
    size_t column_count;
} tide_order;

TIDE_MUST_CHECK tide_code tide_order_init(tide_order *order, const tide_schema *schema,
                                          const uint32_t *columns, size_t column_count,
                                          tide_error *err);
void tide_order_clear(tide_order *order);
int tide_order_compare(const tide_order *order, tide_row a, tide_row b);

/* hashes[0..row_count) of the key columns of a batch. */
void tide_hash_rows(const tide_column *columns, const uint32_t *key_columns, size_t key_count,
                    int64_t row_count, uint64_t *hashes);

typedef struct tide_digest {
    uint64_t low, high;
} tide_digest;

tide_digest tide_digest_row(const tide_column *columns, const uint32_t *identity_columns,
                            size_t identity_count, int64_t row);
void tide_digest_add(tide_digest *sum, tide_digest row);
bool tide_digest_equal(tide_digest a, tide_digest b);
/* 16 bytes, big-endian, high first: how state stores it. */
void tide_digest_encode(tide_digest digest, uint8_t out[16]);
tide_digest tide_digest_decode(const uint8_t in[16]);

#endif
