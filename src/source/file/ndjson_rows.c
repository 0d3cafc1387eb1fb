/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/memory.h"
#include "source/file/file_reader.h"
#include "source/file/lines.h"

typedef struct ndjson_rows {
    tide_file_rows base;
    tide_json_decoder *decoder; /* owned */
    tide_lines lines;
} ndjson_rows;

static tide_code next(tide_file_rows *base, tide_file_target *target, bool *found, tide_error *err)
{
    ndjson_rows *rows = (ndjson_rows *)base;
    tide_line line;
    TIDE_TRY(tide_lines_next(&rows->lines, &line, found, err));
    if (!*found) {
        return TIDE_OK;
    }
    target->from.position = (int64_t)line.position;
    if (line.too_long) {
        return tide_file_reject(target, "is larger than a record may be (64 MB)", err);
    }
    return tide_json_decode_document(rows->decoder, line.text, &target->from, target->builder,
                                     target->rejects, err);
}

static tide_file_input *input(tide_file_rows *base)
{
    return ((ndjson_rows *)base)->lines.window.input;
}

static void close_rows(tide_file_rows *base)
{
    ndjson_rows *rows = (ndjson_rows *)base;
    tide_json_decoder_destroy(rows->decoder);
    tide_lines_close(&rows->lines);
    tide_free(rows);
}

static const tide_file_rows_vtable vtable = {.next = next, .input = input, .close = close_rows};

static tide_code open_rows(ndjson_rows *rows, const tide_file_rows_options *options,
                           tide_error *err)
{
    tide_line_range range = {
        .begin = options->split->begin,
        .end = options->split->end,
        .line_bytes_max = options->source->record_bytes_max == 0
                              ? TIDE_DOCUMENT_BYTES_MAX
                              : options->source->record_bytes_max,
    };
    TIDE_TRY(tide_json_decoder_create(options->source->source.columns, TIDE_HIDDEN_POSITION,
                                      &rows->decoder, err));
    return tide_lines_open(&rows->lines, &options->place, &range, options->source->source.budget,
                           err);
}

tide_code tide_ndjson_rows_open(const tide_file_rows_options *options, tide_file_rows **rows,
                                tide_error *err)
{
    *rows = NULL;
    ndjson_rows *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return TIDE_FAIL_MEMORY(err, "a file reader");
    }
    created->base.vtable = &vtable;
    tide_code code = open_rows(created, options, err);
    if (code != TIDE_OK) {
        close_rows(&created->base);
        return code;
    }
    *rows = &created->base;
    return TIDE_OK;
}
