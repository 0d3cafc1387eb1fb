/* SPDX-License-Identifier: Apache-2.0 */
/* JSON index: the places of all tokens of a text, found by simdjson's first stage (which also
 * checks UTF-8, strings that stay open and control characters within them).
 *
 * Tokens are { } [ ] : , and the first byte of each string, number and word. The walk over them is
 * json_walk.c: knowing where the next token begins, it never looks at the bytes between.
 *
 *   {"a": [12]}      tokens at 0 1 4 6 7 9 10; at[7] = 11, the text's size
 */
#ifndef TIDE_RECORD_JSON_INDEX_H
#define TIDE_RECORD_JSON_INDEX_H

#include "base/text.h"

/* So that a token's number leaves two bits free. */
#define TIDE_JSON_TEXT_BYTES_MAX (UINT32_MAX / 4)

typedef struct tide_json_index tide_json_index;

typedef struct tide_json_tokens {
    const char *text;
    const uint32_t *at; /* borrowed until the next build; at[count] is the text's size */
    uint32_t count;
} tide_json_tokens;

TIDE_MUST_CHECK tide_code tide_json_index_create(tide_json_index **index, tide_error *err);
void tide_json_index_destroy(tide_json_index *index);

/* TIDE_OK with *refusal NULL, or with a static sentence that says why the text is not JSON. */
TIDE_MUST_CHECK tide_code tide_json_index_build(tide_json_index *index, tide_str json,
                                                tide_json_tokens *tokens, const char **refusal,
                                                tide_error *err);

#endif
