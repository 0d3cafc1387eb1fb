/* SPDX-License-Identifier: Apache-2.0 */
/* Text: a borrowed view (tide_str) and a growing buffer (tide_text).
 *
 * Views are not terminated and may hold any byte. A tide_text is always terminated; once an append
 * has failed for want of memory it stays failed and empty, so a chain of appends is checked once,
 * at the end (tide_text_failed).
 */
#ifndef TIDE_BASE_TEXT_H
#define TIDE_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct tide_str {
    const char *data; /* borrowed; may be NULL when size is 0 */
    size_t size;
} tide_str;

#define TIDE_STR(literal) ((tide_str){(literal), sizeof(literal) - 1})
/* For printf("%.*s", TIDE_STR_ARG(s)). */
#define TIDE_STR_ARG(s) (int)(s).size, (s).data

tide_str tide_str_of(const char *terminated);
/* The lines of a text, one after the other: *line, without its end; false after the last. *rest is
 * the text, and moves on. */
bool tide_str_next_line(const char **rest, tide_str *line);
bool tide_str_equal(tide_str a, tide_str b);
bool tide_str_equal_c(tide_str a, const char *terminated);
bool tide_str_starts_with(tide_str s, const char *prefix);
/* By bytes: <0, 0, >0. */
int tide_str_compare(tide_str a, tide_str b);

typedef struct tide_text {
    char *data; /* owned, terminated; NULL while empty */
    size_t size;
    size_t capacity;
    bool failed;
} tide_text;

void tide_text_init(tide_text *text);
void tide_text_clear(tide_text *text); /* frees */
void tide_text_reset(tide_text *text); /* size 0, keeps memory */
/* Room for `bytes` more, for code that writes into data + size itself (and terminates). False when
 * failed. */
bool tide_text_reserve(tide_text *text, size_t bytes);
void tide_text_append(tide_text *text, const char *terminated);
void tide_text_append_str(tide_text *text, tide_str s);
void tide_text_append_char(tide_text *text, char c);
void tide_text_append_format(tide_text *text, const char *format, ...) TIDE_PRINTF(2, 3);
/* As a JSON string with quotes, which YAML reads as the same; bytes that are not UTF-8 become
 * U+FFFD.
 */
void tide_text_append_json_string(tide_text *text, tide_str s);
bool tide_text_failed(const tide_text *text);
/* The terminated content ("" when empty); borrowed until the next change. */
const char *tide_text_c(const tide_text *text);
/* Moves the terminated buffer to the caller, who frees it with tide_free. NULL if failed. */
char *tide_text_take(tide_text *text);

/* Is s well-formed UTF-8 (no surrogates, no overlong forms)? */
bool tide_utf8_valid(tide_str s);

/* The nearest of `candidates` to `word` by edit distance (at most a third of its length), or NULL:
 * "did you mean". */
const char *tide_text_nearest(const char *word, const char *const *candidates, size_t count);

#endif
