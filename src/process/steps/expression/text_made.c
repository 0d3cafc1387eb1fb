/* SPDX-License-Identifier: Apache-2.0 */
/* Text functions that make new text: first the sizes of all rows, then one block for them, then the
 * bytes. */
#include <assert.h>
#include <string.h>
#include <xxhash.h>

#include "base/limits.h"
#include "process/steps/expression/texts.h"

#define LOOP(name) TIDE_DECLARE_LOOP(name)

/* `out` holds the sizes of `rows`; room for them, and the rows that are left: a value beyond the
 * largest document refuses its row. */
static tide_code make_room(tide_evaluation *self, const tide_node *node, const uint64_t *rows,
                           uint64_t *kept, char **to, tide_error *err)
{
    const tide_str *out = TIDE_OUT(tide_str);
    size_t bytes = 0;
    memcpy(kept, rows, tide_word_count(self) * sizeof kept[0]);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (out[row].size > TIDE_DOCUMENT_BYTES_MAX) {
            tide_evaluation_refuse(self, node, row, "the text would have %zu bytes, at most %u fit",
                                   out[row].size, TIDE_DOCUMENT_BYTES_MAX);
            kept[row >> 6] &= ~(UINT64_C(1) << (row & 63));
        } else {
            bytes += out[row].size;
        }
    }
    self->made_bytes += bytes;
    if (self->made_bytes > TIDE_MADE_TEXT_BYTES_MAX) {
        (void)TIDE_FAIL(err, TIDE_OVER_BUDGET,
                        "an expression makes %zu bytes of text of %lld rows, and at most %u at a "
                        "time: make shorter texts, or of fewer rows",
                        self->made_bytes, (long long)self->count, TIDE_MADE_TEXT_BYTES_MAX);
        return TIDE_OVER_BUDGET;
    }
    TIDE_TRY(tide_evaluation_alloc(self, bytes, to, err));
    assert(*to != NULL);
    return TIDE_OK;
}

static char *put(char *to, tide_str text)
{
    tide_copy_bytes((uint8_t *)to, text.data, text.size);
    return to + text.size;
}

static tide_code map_bytes(tide_evaluation *self, const tide_node *node, const uint64_t *rows,
                           char first, tide_error *err)
{
    const tide_str *in = TIDE_IN(tide_str, 0);
    tide_str *out = TIDE_OUT(tide_str);
    char *to = NULL;
    uint64_t kept[TIDE_CHUNK_WORDS] = {0};
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row].size = in[row].size;
    }
    TIDE_TRY(make_room(self, node, rows, kept, &to, err));
    TIDE_FOR_ROWS(kept, tide_word_count(self))
    {
        out[row].data = to;
        for (size_t i = 0; i < in[row].size; i++) {
            char c = in[row].data[i];
            *to++ = (char)(c >= first && c < first + 26 ? c ^ 0x20 : c);
        }
    }
    return TIDE_OK;
}

LOOP(tide_lower_loop)
{
    return map_bytes(self, node, rows, 'A', err);
}

LOOP(tide_upper_loop)
{
    return map_bytes(self, node, rows, 'a', err);
}

LOOP(tide_join_loop)
{
    tide_str *out = TIDE_OUT(tide_str);
    char *to = NULL;
    uint64_t kept[TIDE_CHUNK_WORDS] = {0};
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row].size = 0;
        for (size_t i = 0; i < node->argument_count; i++) {
            out[row].size += TIDE_IN(tide_str, i)[row].size;
        }
    }
    TIDE_TRY(make_room(self, node, rows, kept, &to, err));
    TIDE_FOR_ROWS(kept, tide_word_count(self))
    {
        out[row].data = to;
        for (size_t i = 0; i < node->argument_count; i++) {
            to = put(to, TIDE_IN(tide_str, i)[row]);
        }
    }
    return TIDE_OK;
}

/* The next place of `from` in rest, or NULL. */
static const char *find(tide_str rest, tide_str from)
{
    return from.size == 0 || rest.size < from.size
               ? NULL
               : memmem(rest.data, rest.size, from.data, from.size);
}

static size_t replaced_size(tide_str rest, tide_str from, tide_str with)
{
    size_t size = rest.size;
    for (const char *found = find(rest, from); found != NULL; found = find(rest, from)) {
        size_t skipped = (size_t)(found - rest.data) + from.size;
        rest = (tide_str){rest.data + skipped, rest.size - skipped};
        size = size - from.size + with.size;
    }
    return size;
}

static char *put_replaced(char *to, tide_str rest, tide_str from, tide_str with)
{
    for (const char *found = find(rest, from); found != NULL; found = find(rest, from)) {
        size_t before = (size_t)(found - rest.data);
        to = put(to, (tide_str){rest.data, before});
        to = put(to, with);
        rest = (tide_str){found + from.size, rest.size - before - from.size};
    }
    return put(to, rest);
}

LOOP(tide_replace_loop)
{
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_str *from = TIDE_IN(tide_str, 1);
    const tide_str *with = TIDE_IN(tide_str, 2);
    tide_str *out = TIDE_OUT(tide_str);
    char *to = NULL;
    uint64_t kept[TIDE_CHUNK_WORDS] = {0};
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row].size = replaced_size(in[row], from[row], with[row]);
    }
    TIDE_TRY(make_room(self, node, rows, kept, &to, err));
    TIDE_FOR_ROWS(kept, tide_word_count(self))
    {
        out[row].data = to;
        to = put_replaced(to, in[row], from[row], with[row]);
    }
    return TIDE_OK;
}

/* Bytes of `count` characters of the fill, over and over. */
static size_t fill_size(tide_str fill, int64_t count)
{
    int64_t all = tide_text_characters(fill);
    if (all == 0 || count <= 0) {
        return 0;
    }
    return (size_t)(count / all) * fill.size + tide_text_character(fill, count % all);
}

static size_t padded_size(tide_str text, int64_t length, tide_str fill)
{
    int64_t characters = tide_text_characters(text);
    if (length <= characters) {
        return tide_text_character(text, length < 0 ? 0 : length);
    }
    /* One byte a character is the least: no need to multiply what is too large anyway. */
    if (fill.size > 0 && length > TIDE_DOCUMENT_BYTES_MAX) {
        return SIZE_MAX;
    }
    return text.size + fill_size(fill, length - characters);
}

/* Each copy is as long as all before it. */
static char *put_fill(char *to, tide_str fill, size_t bytes)
{
    size_t done = bytes < fill.size ? bytes : fill.size;
    (void)put(to, (tide_str){fill.data, done});
    while (done < bytes) {
        size_t size = bytes - done < done ? bytes - done : done;
        (void)put(to + done, (tide_str){to, size});
        done += size;
    }
    return to + bytes;
}

static char *put_padded(char *to, tide_str text, tide_str fill, size_t size, bool is_left)
{
    size_t fill_bytes = size > text.size ? size - text.size : 0;
    text.size = size - fill_bytes;
    to = is_left ? put_fill(to, fill, fill_bytes) : to;
    to = put(to, text);
    return is_left ? to : put_fill(to, fill, fill_bytes);
}

LOOP(tide_pad_loop)
{
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_int64_cell *lengths = TIDE_IN(tide_int64_cell, 1);
    const tide_str *fills = TIDE_IN(tide_str, 2);
    tide_str *out = TIDE_OUT(tide_str);
    char *to = NULL;
    uint64_t kept[TIDE_CHUNK_WORDS] = {0};
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row].size = padded_size(in[row], lengths[row], fills[row]);
    }
    TIDE_TRY(make_room(self, node, rows, kept, &to, err));
    TIDE_FOR_ROWS(kept, tide_word_count(self))
    {
        out[row].data = to;
        to = put_padded(to, in[row], fills[row], out[row].size, node->parameter == TIDE_TRIM_LEFT);
    }
    return TIDE_OK;
}

static char *put_hex(char *to, uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        *to++ = "0123456789abcdef"[value >> shift & 15];
    }
    return to;
}

LOOP(tide_hash128_loop)
{
    const tide_str *in = TIDE_IN(tide_str, 0);
    tide_str *out = TIDE_OUT(tide_str);
    char *to = NULL;
    TIDE_TRY(tide_evaluation_alloc(self, (size_t)self->count * 32, &to, err));
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        XXH128_hash_t hash = XXH3_128bits(in[row].data, in[row].size);
        out[row] = (tide_str){to, 32};
        to = put_hex(put_hex(to, hash.high64), hash.low64);
    }
    return TIDE_OK;
}
