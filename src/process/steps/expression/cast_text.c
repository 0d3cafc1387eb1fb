/* SPDX-License-Identifier: Apache-2.0 */
/* Casts from text: what is not one of the type's values refuses its row. */
#include <string.h>

#include "process/steps/expression/casts.h"
#include "record/decimal.h"
#include "record/json_text.h"
#include "record/uuid.h"

#define LOOP(name) TIDE_DECLARE_LOOP(name)
/* Longer values are cut in messages. */
#define SHOWN_BYTES_MAX 60

static void refuse_text(tide_evaluation *self, const tide_node *node, int64_t row, tide_str text,
                        const char *why)
{
    char name[24];
    size_t size = text.size < SHOWN_BYTES_MAX ? text.size : SHOWN_BYTES_MAX;
    while (size < text.size && size > 0 && ((unsigned char)text.data[size] & 0xC0) == 0x80) {
        size--;
    }
    tide_evaluation_refuse(self, node, row, "'%.*s'%s is no %s%s", (int)size, text.data,
                           size < text.size ? "..." : "", tide_type_format(node->type, name), why);
}

static const char *why_not(tide_number_fit fit)
{
    return fit == TIDE_NUMBER_RANGE       ? ": it is too large"
           : fit == TIDE_NUMBER_PRECISION ? ": it has more digits after the point"
                                          : "";
}

static tide_number_fit parse_int32(const tide_node *node, tide_str text, int32_t *out)
{
    (void)node;
    int64_t value = 0;
    tide_number_fit fit = tide_int64_parse(text, &value);
    *out = (int32_t)value;
    return fit == TIDE_NUMBER_OK && *out != value ? TIDE_NUMBER_RANGE : fit;
}

static tide_number_fit parse_int64(const tide_node *node, tide_str text, int64_t *out)
{
    (void)node;
    return tide_int64_parse(text, out);
}

static tide_number_fit parse_double(const tide_node *node, tide_str text, double *out)
{
    (void)node;
    return tide_double_parse(text, out);
}

static tide_number_fit parse_decimal(const tide_node *node, tide_str text, tide_int128 *out)
{
    return tide_decimal_parse(text, node->type.precision, node->type.scale, out);
}

#define NUMBER_LOOP(name, to, parse)                                 \
    LOOP(name)                                                       \
    {                                                                \
        (void)err;                                                   \
        const tide_str *in = TIDE_IN(tide_str, 0);                   \
        typedef to name##_result;                                    \
        name##_result *out = TIDE_OUT(name##_result);                \
        TIDE_FOR_ROWS(rows, tide_word_count(self))                   \
        {                                                            \
            tide_number_fit fit = parse(node, in[row], &out[row]);   \
            if (fit != TIDE_NUMBER_OK) {                             \
                refuse_text(self, node, row, in[row], why_not(fit)); \
            }                                                        \
        }                                                            \
        return TIDE_OK;                                              \
    }

NUMBER_LOOP(tide_cast_text_int32, int32_t, parse_int32)
NUMBER_LOOP(tide_cast_text_int64, int64_t, parse_int64)
NUMBER_LOOP(tide_cast_text_double, double, parse_double)
NUMBER_LOOP(tide_cast_text_decimal, tide_int128, parse_decimal)

static bool is_word(tide_str text, const char *word)
{
    if (text.size != strlen(word)) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if ((char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != word[i]) {
            return false;
        }
    }
    return true;
}

LOOP(tide_cast_text_bool)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    uint64_t *out = TIDE_OUT(uint64_t);
    tide_clear_bits(self, out);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (is_word(in[row], "true")) {
            out[row >> 6] |= UINT64_C(1) << (row & 63);
        } else if (!is_word(in[row], "false")) {
            refuse_text(self, node, row, in[row], ": write true or false");
        }
    }
    return TIDE_OK;
}

LOOP(tide_cast_text_date)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    int32_t *out = TIDE_OUT(int32_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (!tide_parse_day(in[row], &out[row])) {
            refuse_text(self, node, row, in[row], ": write YYYY-MM-DD");
        }
    }
    return TIDE_OK;
}

LOOP(tide_cast_text_timestamp)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    int64_t *out = TIDE_OUT(int64_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (tide_time_parse(self->time_parser, in[row], false, &out[row]) != TIDE_TIME_OK) {
            refuse_text(self, node, row, in[row], ": write ISO 8601, as 2024-03-31T12:00:00Z");
        }
    }
    return TIDE_OK;
}

LOOP(tide_cast_text_uuid)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    uint8_t *out = TIDE_OUT(uint8_t);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        if (!tide_uuid_parse(in[row], out + TIDE_UUID_BYTES * row)) {
            refuse_text(self, node, row, in[row], "");
        }
    }
    return TIDE_OK;
}

LOOP(tide_cast_text_json)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    tide_str *out = TIDE_OUT(tide_str);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        const char *refusal = tide_json_refusal(in[row]);
        out[row] = in[row];
        if (refusal != NULL) {
            tide_evaluation_refuse(self, node, row, "the text %s", refusal);
        }
    }
    return TIDE_OK;
}

LOOP(tide_cast_bytes_text)
{
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    tide_str *out = TIDE_OUT(tide_str);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row] = in[row];
        if (!tide_utf8_valid(in[row])) {
            tide_evaluation_refuse(self, node, row, "the bytes are not UTF-8");
        } else if (in[row].size > 0 && memchr(in[row].data, '\0', in[row].size) != NULL) {
            tide_evaluation_refuse(self, node, row, "the bytes hold U+0000, which no text may");
        }
    }
    return TIDE_OK;
}
