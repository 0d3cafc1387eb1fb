/* SPDX-License-Identifier: Apache-2.0 */
/* A document is one row or one reject, whatever its bytes: the same one whatever stands behind it
 * in memory, whatever was decoded before, and when it is a hit of a search answer. The first byte
 * chooses the columns. */
#include "fuzz_rows.h"
#include "fuzz_schemas.h"

typedef struct outcome {
    int64_t row; /* or -1: the last reject */
} outcome;

static tide_reject_list rejects; /* zeros: initialized */

static const tide_provenance from = {.name = {"f", 1}, .position = 12};

/* What is new in builder and rejects since they had `rows` and `refused`. */
static outcome outcome_since(const fuzz_decoder *d, int64_t rows, size_t refused)
{
    FUZZ_CHECK(d->builder.row_count - rows + (int64_t)(rejects.count - refused) == 1);
    return (outcome){.row = d->builder.row_count > rows ? rows : -1};
}

static outcome decode_document(fuzz_decoder *d, const uint8_t *data, size_t size, char padding)
{
    tide_error err;
    char *text = fuzz_padded(data, size, padding);
    int64_t rows = d->builder.row_count;
    size_t refused = rejects.count;
    FUZZ_CHECK(tide_json_decode_document(d->decoder, (tide_str){text, size}, &from, &d->builder,
                                         &rejects, &err) == TIDE_OK);
    free(text);
    return outcome_since(d, rows, refused);
}

static void check_same(const fuzz_decoder *d, outcome a, outcome b, size_t columns)
{
    FUZZ_CHECK((a.row < 0) == (b.row < 0));
    if (a.row >= 0) {
        FUZZ_CHECK(fuzz_rows_equal(&d->builder, a.row, &d->builder, b.row, columns));
        return;
    }
    const tide_reject *left = &rejects.items[0], *right = &rejects.items[rejects.count - 1];
    FUZZ_CHECK(fuzz_texts_equal(left->column, right->column));
    FUZZ_CHECK(strcmp(left->reason, right->reason) == 0);
    FUZZ_CHECK(strcmp(left->values, right->values) == 0);
}

static bool holds(const uint8_t *data, size_t size, const char *word)
{
    return memmem(data, size, word, strlen(word)) != NULL;
}

/* Then an answer is asked for again, and a document rejected. */
static bool holds_control(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] < ' ' && strchr("\t\n\r", data[i]) == NULL) {
            return true;
        }
    }
    return memchr(data, 0, size) != NULL;
}

/* As the _source of the only hit of an answer. */
static outcome decode_as_hit(fuzz_decoder *d, const uint8_t *data, size_t size)
{
    static const char before[] = "{\"hits\":{\"hits\":[{\"_id\":\"i\",\"_source\":";
    static const char after[] = "}]}}";
    static uint8_t answer[1 << 17];
    tide_error err;
    tide_search_page page;
    size_t length = sizeof before - 1;
    memcpy(answer, before, length);
    memcpy(answer + length, data, size);
    length += size;
    memcpy(answer + length, after, sizeof after - 1);
    length += sizeof after - 1;
    char *text = fuzz_padded(answer, length, ' ');
    int64_t rows = d->builder.row_count;
    size_t refused = rejects.count;
    FUZZ_CHECK(tide_json_decode_page(d->decoder, (tide_str){text, length}, &from, &d->builder,
                                     &rejects, &page, &err) == TIDE_OK);
    free(text);
    FUZZ_CHECK(page.hit_count == 1);
    return outcome_since(d, rows, refused);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 1 << 16) {
        return 0;
    }
    fuzz_decoder *d = fuzz_decoder_of(data[0], TIDE_HIDDEN_POSITION);
    outcome first = decode_document(d, data + 1, size - 1, '}');
    outcome again = decode_document(d, data + 1, size - 1, ' ');
    check_same(d, first, again, d->count + 2);
    /* Sound, and surely no hit itself: then it is the same in an answer. */
    bool sound = first.row >= 0 || rejects.items[0].column != NULL;
    if (sound && !holds(data, size, "_source") && !holds(data, size, "\\u") &&
        !holds_control(data + 1, size - 1)) {
        check_same(d, first, decode_as_hit(d, data + 1, size - 1), d->count);
    }
    fuzz_check_rows(&d->builder, &rejects);
    tide_builder_reset(&d->builder);
    tide_reject_list_reset(&rejects);
    return 0;
}
