/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hash: HMAC-SHA-256 (RFC 2104, FIPS 198-1) of libcrypto, for masks. keyed_hash.c is the one
 * file that knows libcrypto.
 *
 * The key is copied when it is created, and wiped by the library when it is destroyed. One thread.
 */
#ifndef TIDE_RECORD_KEYED_HASH_H
#define TIDE_RECORD_KEYED_HASH_H

#include "base/text.h"

#define TIDE_KEYED_HASH_BYTES 32
#define TIDE_KEYED_HASH_CHARS 64

typedef struct tide_keyed_hash tide_keyed_hash;

/* Owned. bad_config where libcrypto has no HMAC-SHA-256, as some policies have it. */
TIDE_MUST_CHECK tide_code tide_keyed_hash_create(tide_str key, tide_keyed_hash **hash,
                                                 tide_error *err);
void tide_keyed_hash_destroy(tide_keyed_hash *hash);

TIDE_MUST_CHECK tide_code tide_keyed_hash_of(tide_keyed_hash *hash, tide_str message,
                                             uint8_t out[TIDE_KEYED_HASH_BYTES], tide_error *err);
/* The same as lower case hex digits; not terminated. */
TIDE_MUST_CHECK tide_code tide_keyed_hash_hex(tide_keyed_hash *hash, tide_str message,
                                              char out[TIDE_KEYED_HASH_CHARS], tide_error *err);

#endif
