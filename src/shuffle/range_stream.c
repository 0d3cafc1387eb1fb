/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: the rows of a range of hashes, merged from all runs. */
#include "base/limits.h"
#include "base/memory.h"
#include "shuffle/shuffle_parts.h"

typedef struct range_stream {
    tide_stream stream; /* first: it is the object */
    tide_merger merger;
} range_stream;

static tide_code next(tide_stream *stream, tide_batch *out, const uint64_t **hashes,
                      tide_error *err)
{
    range_stream *self = (range_stream *)stream;
    return tide_merger_next(&self->merger, out, hashes, err);
}

static void close_stream(tide_stream *stream)
{
    range_stream *self = (range_stream *)stream;
    tide_merger_clear(&self->merger);
    tide_free(self);
}

static const tide_stream_vtable vtable = {.next = next, .close = close_stream};

tide_code tide_shuffle_open_range(tide_shuffle *shuffle, tide_hash_range range,
                                  tide_stream **stream, tide_error *err)
{
    range_stream *opened = tide_alloc(sizeof *opened);
    if (opened == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading sorted rows");
    }
    tide_merger_options options = {
        .schema = shuffle->options.schema,
        .order = &shuffle->order,
        .file = &shuffle->file,
        .budget = shuffle->options.budget,
        .cancel = shuffle->options.cancel,
        .range = range,
        .batch_rows_max = TIDE_BATCH_ROWS_MAX,
        .batch_bytes_max = shuffle->options.batch_bytes_max,
    };
    opened->stream.vtable = &vtable;
    const tide_sorted_run *const *runs = (const tide_sorted_run *const *)shuffle->finished.runs;
    tide_code code =
        tide_merger_init(&opened->merger, &options, runs, shuffle->finished.count, err);
    if (code != TIDE_OK) {
        tide_free(opened);
        return code;
    }
    *stream = &opened->stream;
    return TIDE_OK;
}
