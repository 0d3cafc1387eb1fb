/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table per day, emptied by numbering days instead of writing it over: a slot is free when
 * it carries the number of another day. Its size fits the largest day of a batch.
 *
 *   rows of a day   k1 k2 k1 k3 k2     newest: from the end, the first of each key is kept
 *   kept                  k1 k3 k2     oldest: from the beginning
 */
#include "process/steps/keep.h"

#include "base/memory.h"
#include "record/order.h"

typedef struct keep_definition {
    tide_keep_which which;
    tide_schema schema;
    uint32_t *by; /* owned */
    size_t by_count;
} keep_definition;

typedef struct keep_slot {
    uint64_t day; /* number of the day that uses it */
    uint32_t row;
} keep_slot;

typedef struct keep_worker {
    const keep_definition *definition; /* borrowed */
    tide_order order;
    tide_builder output;
    tide_column *columns; /* owned */
    uint64_t *hashes;     /* owned; of the batch's rows */
    size_t hash_capacity;
    keep_slot *slots; /* owned; slot_count is 0 or a power of two */
    size_t slot_count;
    uint64_t day;  /* number of the current one, from 1 */
    bool *is_kept; /* owned; per row */
    size_t is_kept_capacity;
    uint32_t *rows; /* owned; the kept ones */
    size_t row_capacity;
} keep_worker;

static void close_worker(void *opened)
{
    keep_worker *worker = opened;
    tide_order_clear(&worker->order);
    if (worker->output.schema != NULL) {
        tide_builder_clear(&worker->output);
    }
    tide_free(worker->columns);
    tide_free(worker->hashes);
    tide_free(worker->slots);
    tide_free(worker->is_kept);
    tide_free(worker->rows);
    tide_free(worker);
}

static tide_code open_parts(keep_worker *worker, tide_error *err)
{
    const keep_definition *definition = worker->definition;
    TIDE_TRY(tide_order_init(&worker->order, &definition->schema, definition->by,
                             definition->by_count, err));
    TIDE_TRY(tide_builder_init(&worker->output, &definition->schema, err));
    worker->columns = tide_alloc_zero(definition->schema.field_count, sizeof *worker->columns);
    return worker->columns == NULL ? TIDE_FAIL_MEMORY(err, "step keep") : TIDE_OK;
}

static tide_code open_worker(const void *definition, void **opened, tide_error *err)
{
    *opened = NULL;
    keep_worker *worker = tide_alloc_zero(1, sizeof *worker);
    if (worker == NULL) {
        return TIDE_FAIL_MEMORY(err, "step keep");
    }
    worker->definition = definition;
    tide_code code = open_parts(worker, err);
    if (code != TIDE_OK) {
        close_worker(worker);
        return code;
    }
    *opened = worker;
    return TIDE_OK;
}

/* At most half of the slots are ever in use. */
static tide_code reserve_slots(keep_worker *worker, size_t row_count, tide_error *err)
{
    if (worker->slot_count >= 2 * row_count) {
        return TIDE_OK;
    }
    size_t slot_count = 64;
    while (slot_count < 2 * row_count) {
        slot_count *= 2;
    }
    keep_slot *slots = tide_alloc_zero(slot_count, sizeof *slots);
    if (slots == NULL) {
        return TIDE_FAIL_MEMORY(err, "step keep");
    }
    tide_free(worker->slots);
    worker->slots = slots;
    worker->slot_count = slot_count;
    return TIDE_OK;
}

static tide_code reserve(keep_worker *worker, const tide_step_batch *io, tide_error *err)
{
    size_t row_count = (size_t)tide_batch_row_count(&io->batch);
    int64_t day_rows_max = 0;
    for (size_t i = 0; i < io->segment_count; i++) {
        int64_t day_rows = io->segments[i].end - io->segments[i].begin;
        day_rows_max = day_rows > day_rows_max ? day_rows : day_rows_max;
    }
    TIDE_TRY(reserve_slots(worker, (size_t)day_rows_max, err));
    TIDE_TRY(tide_grow((void **)&worker->hashes, &worker->hash_capacity, row_count,
                       sizeof *worker->hashes, err));
    TIDE_TRY(tide_grow((void **)&worker->is_kept, &worker->is_kept_capacity, row_count,
                       sizeof *worker->is_kept, err));
    return tide_grow((void **)&worker->rows, &worker->row_capacity, row_count, sizeof *worker->rows,
                     err);
}

/* True for the first row of its key that is asked for in a day. */
static bool is_first(keep_worker *worker, int64_t row)
{
    size_t mask = worker->slot_count - 1;
    for (size_t at = (size_t)worker->hashes[row] & mask;; at = (at + 1) & mask) {
        keep_slot *slot = &worker->slots[at];
        if (slot->day != worker->day) {
            *slot = (keep_slot){.day = worker->day, .row = (uint32_t)row};
            return true;
        }
        tide_row a = {worker->columns, row};
        tide_row b = {worker->columns, slot->row};
        if (worker->hashes[slot->row] == worker->hashes[row] &&
            tide_order_compare(&worker->order, a, b) == 0) {
            return false;
        }
    }
}

static void mark_day(keep_worker *worker, const tide_segment *segment)
{
    worker->day++;
    if (worker->definition->which == TIDE_KEEP_OLDEST) {
        for (int64_t row = segment->begin; row < segment->end; row++) {
            worker->is_kept[row] = is_first(worker, row);
        }
        return;
    }
    for (int64_t row = segment->end; row-- > segment->begin;) {
        worker->is_kept[row] = is_first(worker, row);
    }
}

static size_t mark_days(keep_worker *worker, tide_step_batch *io)
{
    size_t kept = 0;
    for (size_t i = 0; i < io->segment_count; i++) {
        tide_segment *segment = &io->segments[i];
        size_t begin = kept;
        mark_day(worker, segment);
        for (int64_t row = segment->begin; row < segment->end; row++) {
            worker->rows[kept] = (uint32_t)row;
            kept += worker->is_kept[row] ? 1 : 0;
        }
        segment->begin = (int64_t)begin;
        segment->end = (int64_t)kept;
    }
    return kept;
}

static tide_code process(void *opened, tide_step_batch *io, tide_error *err)
{
    keep_worker *worker = opened;
    const keep_definition *definition = worker->definition;
    int64_t row_count = tide_batch_row_count(&io->batch);
    TIDE_TRY(reserve(worker, io, err));
    tide_batch_columns(&io->batch, worker->columns);
    tide_hash_rows(worker->columns, definition->by, definition->by_count, row_count,
                   worker->hashes);
    size_t kept = mark_days(worker, io);
    io->rows_deduplicated += row_count - (int64_t)kept;
    if (kept == (size_t)row_count) {
        io->batch.schema = &definition->schema;
        return TIDE_OK;
    }
    tide_builder_reset(&worker->output);
    TIDE_TRY(tide_builder_take(&worker->output, worker->columns, worker->rows, kept, err));
    tide_batch_clear(&io->batch);
    return tide_builder_finish(&worker->output, &io->batch, err);
}

static void destroy(void *defined)
{
    keep_definition *definition = defined;
    tide_schema_clear(&definition->schema);
    tide_free(definition->by);
    tide_free(definition);
}

static const tide_step_vtable keep_vtable = {
    .open = open_worker,
    .process = process,
    .close = close_worker,
    .destroy = destroy,
};

static tide_code find_columns(keep_definition *definition, const tide_keep_options *keep,
                              size_t *failed, tide_error *err)
{
    definition->by = tide_alloc_zero(keep->by_count, sizeof *definition->by);
    if (definition->by == NULL) {
        return TIDE_FAIL_MEMORY(err, "step keep");
    }
    for (size_t i = 0; i < keep->by_count; i++) {
        size_t column = tide_schema_find(&definition->schema, keep->by[i]);
        if (column == TIDE_NO_FIELD) {
            *failed = i;
            return TIDE_FAIL(err, TIDE_BAD_CONFIG, "keep: there is no column `%s` at this step",
                             keep->by[i]);
        }
        definition->by[definition->by_count++] = (uint32_t)column;
    }
    return TIDE_OK;
}

static tide_code describe(const tide_step_options *options, const tide_keep_options *keep,
                          tide_step *step, tide_error *err)
{
    const char *which = keep->which == TIDE_KEEP_NEWEST ? "newest" : "oldest";
    tide_text label;
    tide_text_init(&label);
    tide_text_append_format(&label, "%zu keep", options->number);
    step->label = tide_text_take(&label);
    tide_text_append_format(&step->fingerprint, "keep %s by", which);
    for (size_t i = 0; i < keep->by_count; i++) {
        tide_text_append_char(&step->fingerprint, ' ');
        tide_text_append_json_string(&step->fingerprint, tide_str_of(keep->by[i]));
    }
    if (step->label == NULL || tide_text_failed(&step->fingerprint)) {
        tide_text_clear(&label);
        return TIDE_FAIL_MEMORY(err, "step keep");
    }
    return tide_schema_copy(options->input, &step->output_schema, err);
}

tide_code tide_keep_define(const tide_step_options *options, const tide_keep_options *keep,
                           size_t *failed, tide_step *step, tide_error *err)
{
    *step = (tide_step){.vtable = &keep_vtable, .whole_days = true, .needs_series = true};
    *failed = keep->by_count;
    if (keep->by_count == 0) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "keep: `by` names no column");
    }
    keep_definition *definition = tide_alloc_zero(1, sizeof *definition);
    if (definition == NULL) {
        return TIDE_FAIL_MEMORY(err, "step keep");
    }
    step->definition = definition;
    definition->which = keep->which;
    tide_code code = tide_schema_copy(options->input, &definition->schema, err);
    if (code == TIDE_OK) {
        code = find_columns(definition, keep, failed, err);
    }
    if (code == TIDE_OK) {
        code = describe(options, keep, step, err);
    }
    if (code != TIDE_OK) {
        tide_step_clear(step);
    }
    return code;
}
