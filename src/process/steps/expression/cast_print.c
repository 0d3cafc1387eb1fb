/* SPDX-License-Identifier: Apache-2.0 */
/* Casts to text: each value takes at most so many bytes, so the room for a chunk is made at once.
 */
#include "process/steps/expression/casts.h"
#include "record/decimal.h"
#include "record/uuid.h"

#define LOOP(name) TIDE_DECLARE_LOOP(name)

LOOP(tide_cast_view)
{
    (void)node;
    (void)err;
    const tide_str *in = TIDE_IN(tide_str, 0);
    tide_str *out = TIDE_OUT(tide_str);
    TIDE_FOR_ROWS(rows, tide_word_count(self))
    {
        out[row] = in[row];
    }
    return TIDE_OK;
}

LOOP(tide_cast_bool_text)
{
    (void)rows;
    (void)err;
    const uint64_t *in = TIDE_IN(uint64_t, 0);
    tide_str *out = TIDE_OUT(tide_str);
    for (int64_t i = 0; i < self->count; i++) {
        out[i] = tide_word_bit(in, i) ? TIDE_STR("true") : TIDE_STR("false");
    }
    return TIDE_OK;
}

/* `print` writes a value to `to` and returns its length, at most `bytes`. */
#define PRINT_LOOP(name, from, bytes, print)                                           \
    LOOP(name)                                                                         \
    {                                                                                  \
        const from *in = TIDE_IN(from, 0);                                             \
        tide_str *out = TIDE_OUT(tide_str);                                            \
        char *to = NULL;                                                               \
        TIDE_TRY(tide_evaluation_alloc(self, (size_t)self->count *(bytes), &to, err)); \
        TIDE_FOR_ROWS(rows, tide_word_count(self))                                     \
        {                                                                              \
            size_t size = print;                                                       \
            out[row] = (tide_str){to, size};                                           \
            to += size;                                                                \
        }                                                                              \
        return TIDE_OK;                                                                \
    }

PRINT_LOOP(tide_cast_int32_text, tide_int32_cell, 48, tide_decimal_format(in[row], 0, to))
PRINT_LOOP(tide_cast_int64_text, tide_int64_cell, 48, tide_decimal_format(in[row], 0, to))
PRINT_LOOP(tide_cast_double_text, tide_double_cell, 48, tide_double_format(in[row], to))
PRINT_LOOP(tide_cast_decimal_text, tide_decimal_cell, 48,
           tide_decimal_format(in[row], node->parameter, to))
PRINT_LOOP(tide_cast_date_text, tide_int32_cell, 48, tide_format_day(in[row], to))
PRINT_LOOP(tide_cast_timestamp_text, tide_int64_cell, 48, tide_format_instant(in[row], to))

typedef struct uuid_cell {
    uint8_t bytes[16];
} uuid_cell;

PRINT_LOOP(tide_cast_uuid_text, uuid_cell, 48, tide_uuid_format(in[row].bytes, to))
