/* SPDX-License-Identifier: Apache-2.0 */
/* Commit units as Arrow structures. */
#include "base/memory.h"
#include "run/api/api.h"

const char *tidemill_unit_name(const tidemill_unit *unit)
{
    return unit->unit.name;
}

void tidemill_unit_counts(const tidemill_unit *unit, tidemill_counts *counts)
{
    const tide_counts *c = &unit->unit.counts;
    *counts = (tidemill_counts){.consumed = c->consumed,
                                .seen = c->seen,
                                .late = c->late,
                                .unmatched = c->unmatched,
                                .left = c->left,
                                .rejected = c->rejected,
                                .emitted = c->emitted,
                                .series = c->series,
                                .days = c->days,
                                .rebuilt = c->rebuilt};
}

void tidemill_unit_destroy(tidemill_unit *unit)
{
    if (unit != NULL) {
        tide_unit_clear(&unit->unit);
        tide_free(unit);
    }
}

/* Copies of a unit's chunks, so that the unit may go before its stream. */
typedef struct chunk_stream {
    tide_batch *batches;
    size_t count, next;
} chunk_stream;

static tide_code next_chunk(void *self, tide_batch *out, tide_error *err)
{
    chunk_stream *chunks = self;
    (void)err;
    while (chunks->next < chunks->count) {
        tide_batch *batch = &chunks->batches[chunks->next++];
        if (tide_batch_row_count(batch) > 0) {
            tide_batch_move(batch, out);
            return TIDE_OK;
        }
    }
    return TIDE_OK;
}

static void close_chunks(void *self)
{
    chunk_stream *chunks = self;
    for (size_t i = 0; i < chunks->count; i++) {
        tide_batch_clear(&chunks->batches[i]);
    }
    tide_free(chunks->batches);
    tide_free(chunks);
}

static const tide_api_producer chunk_producer = {next_chunk, close_chunks};

static tide_code copy_chunks(const tide_unit *unit, chunk_stream *chunks, tide_error *err)
{
    chunks->batches = tide_alloc_zero(unit->chunk_count + 1, sizeof *chunks->batches);
    if (chunks->batches == NULL) {
        return TIDE_FAIL_MEMORY(err, "a stream");
    }
    for (size_t i = 0; i < unit->chunk_count; i++) {
        TIDE_TRY(tide_api_copy(&unit->chunks[i].batch, &chunks->batches[i], err));
        chunks->count++;
    }
    return TIDE_OK;
}

static tide_code stream_output(const tidemill_unit *unit, struct ArrowArrayStream *out,
                               tide_error *err)
{
    chunk_stream *chunks = tide_alloc_zero(1, sizeof *chunks);
    if (chunks == NULL) {
        return TIDE_FAIL_MEMORY(err, "a stream");
    }
    tide_code code = copy_chunks(&unit->unit, chunks, err);
    if (code != TIDE_OK) {
        close_chunks(chunks);
        return code;
    }
    return tide_api_stream(unit->output, &chunk_producer, chunks, out, err);
}

tidemill_code tidemill_unit_output(const tidemill_unit *unit, struct ArrowArrayStream *out,
                                   tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    out->release = NULL;
    tide_code code = stream_output(unit, out, &inner);
    return code == TIDE_OK ? TIDEMILL_OK : tide_api_code(code, &inner, err);
}

static tide_code copy_states(const tidemill_unit *unit, tide_batch *out, tide_error *err)
{
    if (tide_batch_row_count(&unit->unit.states) > 0) {
        return tide_api_copy(&unit->unit.states, out, err);
    }
    tide_builder empty;
    TIDE_TRY(tide_builder_init(&empty, unit->states, err));
    tide_code code = tide_builder_finish(&empty, out, err);
    tide_builder_clear(&empty);
    return code;
}

tidemill_code tidemill_unit_states(const tidemill_unit *unit, struct ArrowSchema *schema,
                                   struct ArrowArray *states, tidemill_error *err)
{
    tide_error inner;
    tide_batch copy;
    tide_error_clear(&inner);
    tide_batch_init(&copy);
    schema->release = NULL;
    states->release = NULL;
    tide_code code = copy_states(unit, &copy, &inner);
    if (code == TIDE_OK) {
        code = tide_api_export(unit->states, &copy, schema, states, &inner);
    }
    tide_batch_clear(&copy);
    return code == TIDE_OK ? TIDEMILL_OK : tide_api_code(code, &inner, err);
}

tidemill_code tidemill_unit_rejects(const tidemill_unit *unit, struct ArrowSchema *schema,
                                    struct ArrowArray *rejects, tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    schema->release = NULL;
    rejects->release = NULL;
    tide_code code = tide_api_export_rejects(&unit->unit.rejects, schema, rejects, &inner);
    return code == TIDE_OK ? TIDEMILL_OK : tide_api_code(code, &inner, err);
}
