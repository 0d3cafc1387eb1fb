/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of two builders side by side. */
#ifndef TIDE_TEST_FUZZ_ROWS_H
#define TIDE_TEST_FUZZ_ROWS_H

#include "base/utf8.h"
#include "fuzz.h"
#include "record/builder.h"
#include "record/reject.h"

static inline bool fuzz_cells_equal(const tide_column *a, int64_t a_row, const tide_column *b,
                                    int64_t b_row)
{
    if (tide_column_is_null(a, a_row) || tide_column_is_null(b, b_row)) {
        return tide_column_is_null(a, a_row) && tide_column_is_null(b, b_row);
    }
    if (tide_type_is_variable(a->type)) {
        return tide_str_equal(tide_column_str(a, a_row), tide_column_str(b, b_row));
    }
    if (a->type.id == TIDE_BOOL) {
        return tide_column_bool(a, a_row) == tide_column_bool(b, b_row);
    }
    size_t width = tide_type_width(a->type);
    return memcmp(a->data + (size_t)a_row * width, b->data + (size_t)b_row * width, width) == 0;
}

/* The first `count` columns of a row of one builder and of a row of another. */
static inline bool fuzz_rows_equal(const tide_builder *a, int64_t a_row, const tide_builder *b,
                                   int64_t b_row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tide_column left, right;
        tide_column_builder_view(&a->columns[i], &left);
        tide_column_builder_view(&b->columns[i], &right);
        if (!fuzz_cells_equal(&left, a_row, &right, b_row)) {
            return false;
        }
    }
    return true;
}

static inline bool fuzz_texts_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Text that a database can hold. */
static inline bool fuzz_text_is_fine(tide_str text)
{
    return tide_utf8_valid(text) && (text.size == 0 || memchr(text.data, 0, text.size) == NULL);
}

/* Of all rows, all columns have as many, and text is UTF-8 without U+0000; rejects say something.
 */
static inline void fuzz_check_rows(const tide_builder *builder, const tide_reject_list *rejects)
{
    for (size_t i = 0; i < builder->schema->field_count; i++) {
        tide_column column;
        tide_column_builder_view(&builder->columns[i], &column);
        FUZZ_CHECK(column.row_count == builder->row_count);
        bool is_text = column.type.id == TIDE_TEXT || column.type.id == TIDE_JSON;
        for (int64_t row = 0; is_text && row < column.row_count; row++) {
            FUZZ_CHECK(fuzz_text_is_fine(tide_column_str(&column, row)));
        }
    }
    for (size_t i = 0; i < rejects->count; i++) {
        const tide_reject *reject = &rejects->items[i];
        FUZZ_CHECK(reject->reason[0] != '\0' && reject->position[0] != '\0');
        FUZZ_CHECK(fuzz_text_is_fine(tide_str_of(reject->reason)));
        FUZZ_CHECK(fuzz_text_is_fine(tide_str_of(reject->values)));
    }
}

#endif
