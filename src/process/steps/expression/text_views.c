/* SPDX-License-Identifier: Apache-2.0 */
/* Text functions that look, or give a part of their argument: nothing is copied. Positions and
 * lengths are characters. */
#include <string.h>
#include <xxhash.h>

#include "process/steps/expression/texts.h"

#define LOOP(name) TIDE_DECLARE_LOOP(name)

static inline bool begins_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

int64_t tide_text_characters(tide_str text)
{
    int64_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        count += begins_character(text.data[i]) ? 1 : 0;
    }
    return count;
}

size_t tide_text_character(tide_str text, int64_t n)
{
    size_t at = 0;
    while (at < text.size && n > 0) {
        at++;
        while (at < text.size && !begins_character(text.data[at])) {
            at++;
        }
        n--;
    }
    return at;
}

LOOP(tide_length_loop)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    int32_t *out = TIDE_OUT(int32_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row] = (int32_t)tide_text_characters(in[row]);
    }
    return TIDE_OK;
}

LOOP(tide_octet_length_loop)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    int32_t *out = TIDE_OUT(int32_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row] = (int32_t)in[row].size;
    }
    return TIDE_OK;
}

static bool starts_with(tide_str text, tide_str part)
{
    return part.size <= text.size &&
           (part.size == 0 || memcmp(text.data, part.data, part.size) == 0);
}

static bool ends_with(tide_str text, tide_str part)
{
    return part.size <= text.size && (part.size == 0 || memcmp(text.data + (text.size - part.size),
                                                               part.data, part.size) == 0);
}

LOOP(tide_starts_with_loop)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_str *parts = TIDE_IN(tide_str, 1);
    uint64_t *out = TIDE_OUT(uint64_t);
    TIDE_BITS_OF_ROWS(out, starts_with(in[row], parts[row]));
    return TIDE_OK;
}

LOOP(tide_ends_with_loop)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_str *parts = TIDE_IN(tide_str, 1);
    uint64_t *out = TIDE_OUT(uint64_t);
    TIDE_BITS_OF_ROWS(out, ends_with(in[row], parts[row]));
    return TIDE_OK;
}

/* The byte at which `part` is found from `from` on, or SIZE_MAX. */
static size_t find(tide_str text, tide_str part, size_t from)
{
    if (part.size == 0) {
        return from;
    }
    if (part.size > text.size - from) {
        return SIZE_MAX;
    }
    const char *found = memmem(text.data + from, text.size - from, part.data, part.size);
    return found == NULL ? SIZE_MAX : (size_t)(found - text.data);
}

LOOP(tide_strpos_loop)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_str *parts = TIDE_IN(tide_str, 1);
    int32_t *out = TIDE_OUT(int32_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        size_t at = find(in[row], parts[row], 0);
        tide_str before = {in[row].data, at == SIZE_MAX ? 0 : at};
        out[row] = at == SIZE_MAX ? 0 : (int32_t)tide_text_characters(before) + 1;
    }
    return TIDE_OK;
}

/* Characters [begin, end), counted from 0. */
static tide_str cut(tide_str text, int64_t begin, int64_t end)
{
    size_t from = tide_text_character(text, begin);
    tide_str rest = {text.size == 0 ? text.data : text.data + from, text.size - from};
    return (tide_str){rest.data, tide_text_character(rest, end - begin)};
}

/* Characters start ... start + count - 1, those before the first do not exist. */
LOOP(tide_substr_loop)
{
    (void)err;
    const bool has_count = node->argument_count == 3;
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_int64_cell *starts = TIDE_IN(tide_int64_cell, 1);
    const tide_int64_cell *counts = has_count ? TIDE_IN(tide_int64_cell, 2) : NULL;
    tide_str *out = TIDE_OUT(tide_str);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        int64_t end = INT64_MAX;
        int64_t begin = starts[row] > 1 ? starts[row] - 1 : 0;
        if (has_count && counts[row] < 0) {
            tide_evaluation_refuse(self, node, row, "a count below 0");
            continue;
        }
        if (has_count && (__builtin_add_overflow(starts[row], counts[row], &end) ||
                          __builtin_sub_overflow(end, 1, &end))) {
            end = starts[row] < 0 ? 0 : INT64_MAX;
        }
        out[row] = end <= begin ? (tide_str){in[row].data, 0} : cut(in[row], begin, end);
    }
    return TIDE_OK;
}

/* A negative count: all but so many at the other end. */
LOOP(tide_left_loop)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_int64_cell *counts = TIDE_IN(tide_int64_cell, 1);
    tide_str *out = TIDE_OUT(tide_str);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        int64_t count = counts[row];
        if (count < 0) {
            int64_t all = tide_text_characters(in[row]);
            count = count < -all ? 0 : all + count;
        }
        out[row] = cut(in[row], 0, count);
    }
    return TIDE_OK;
}

LOOP(tide_right_loop)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_int64_cell *counts = TIDE_IN(tide_int64_cell, 1);
    tide_str *out = TIDE_OUT(tide_str);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        int64_t all = tide_text_characters(in[row]);
        int64_t count = counts[row];
        if (count < 0) {
            count = count < -all ? 0 : all + count;
        }
        out[row] = cut(in[row], count > all ? 0 : all - count, all);
    }
    return TIDE_OK;
}

/* Is the character that begins the text (of size bytes) one of the set? */
static bool is_in_set(const char *character, size_t size, tide_str set)
{
    tide_str wanted = {character, size};
    for (size_t at = 0; at < set.size;) {
        tide_str rest = {set.data + at, set.size - at};
        size_t next = tide_text_character(rest, 1);
        if (tide_str_equal((tide_str){rest.data, next}, wanted)) {
            return true;
        }
        at += next;
    }
    return false;
}

static tide_str trim_left(tide_str text, tide_str set)
{
    while (text.size > 0) {
        size_t size = tide_text_character(text, 1);
        if (!is_in_set(text.data, size, set)) {
            break;
        }
        text = (tide_str){text.data + size, text.size - size};
    }
    return text;
}

static tide_str trim_right(tide_str text, tide_str set)
{
    while (text.size > 0) {
        size_t begin = text.size - 1;
        while (begin > 0 && !begins_character(text.data[begin])) {
            begin--;
        }
        if (!is_in_set(text.data + begin, text.size - begin, set)) {
            break;
        }
        text.size = begin;
    }
    return text;
}

LOOP(tide_trim_loop)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_str *sets = node->argument_count == 2 ? TIDE_IN(tide_str, 1) : NULL;
    tide_str *out = TIDE_OUT(tide_str);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        tide_str set = sets == NULL ? TIDE_STR(" ") : sets[row];
        tide_str text = in[row];
        text = node->parameter != TIDE_TRIM_RIGHT ? trim_left(text, set) : text;
        out[row] = node->parameter != TIDE_TRIM_LEFT ? trim_right(text, set) : text;
    }
    return TIDE_OK;
}

/* Part number n from 0, or nothing. */
static tide_str part_of(tide_str text, tide_str delimiter, int64_t n)
{
    size_t begin = 0;
    for (;;) {
        size_t end = delimiter.size == 0 ? SIZE_MAX : find(text, delimiter, begin);
        size_t size = (end == SIZE_MAX ? text.size : end) - begin;
        if (n == 0) {
            return (tide_str){text.size == 0 ? text.data : text.data + begin, size};
        }
        if (end == SIZE_MAX) {
            return (tide_str){text.data, 0};
        }
        begin = end + delimiter.size;
        n--;
    }
}

static int64_t count_parts(tide_str text, tide_str delimiter)
{
    int64_t count = 1;
    size_t at = delimiter.size == 0 ? SIZE_MAX : find(text, delimiter, 0);
    while (at != SIZE_MAX) {
        count++;
        at = find(text, delimiter, at + delimiter.size);
    }
    return count;
}

LOOP(tide_split_part_loop)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    const tide_str *delimiters = TIDE_IN(tide_str, 1);
    const tide_int64_cell *numbers = TIDE_IN(tide_int64_cell, 2);
    tide_str *out = TIDE_OUT(tide_str);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        int64_t n = numbers[row];
        if (n == 0) {
            tide_evaluation_refuse(self, node, row, "parts are counted from 1, or from -1");
            continue;
        }
        int64_t count = n < 0 ? count_parts(in[row], delimiters[row]) : 0;
        bool exists = n > 0 || n >= -count;
        out[row] = exists ? part_of(in[row], delimiters[row], n > 0 ? n - 1 : count + n)
                          : (tide_str){in[row].data, 0};
    }
    return TIDE_OK;
}

LOOP(tide_hash64_loop)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    uint64_t *out = TIDE_OUT(uint64_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row] = XXH3_64bits(in[row].data, in[row].size);
    }
    return TIDE_OK;
}
