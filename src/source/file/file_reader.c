/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_reader.h"

#include <inttypes.h>

#include "base/limits.h"
#include "base/memory.h"
#include "source/file/file_plan.h"

typedef struct file_reader {
    tide_reader base;
    const tide_file_source_options *options; /* borrowed */
    tide_arena arena;                        /* the path */
    tide_builder builder;
    tide_reject_list rejects;
    tide_file_rows *rows; /* owned */
    tide_file_target target;
    uint64_t bytes_reported;
    int64_t bytes_counted; /* of the builder, with the budget */
    int64_t batch_bytes;
    bool at_end;
} file_reader;

tide_code tide_file_reject(const tide_file_target *target, const char *problem, tide_error *err)
{
    tide_text position, reason;
    tide_text_init(&position);
    tide_text_init(&reason);
    tide_text_append_str(&position, target->from.name);
    tide_text_append_format(&position, ":%" PRId64, target->from.position);
    tide_text_append_format(&reason, "the record %s", problem);
    tide_reject reject = {
        .stage = "decode",
        .position = tide_text_c(&position),
        .reason = tide_text_c(&reason),
        .values = "{}",
    };
    bool failed = tide_text_failed(&position) || tide_text_failed(&reason);
    tide_code code = failed ? TIDE_FAIL_MEMORY(err, "a reject")
                            : tide_reject_list_add(target->rejects, &reject, err);
    tide_text_clear(&position);
    tide_text_clear(&reason);
    return code;
}

/* Full enough to pay for the call: by rows, by rejects, or by bytes read since the first record. */
static bool is_full(const file_reader *reader, int64_t first_position)
{
    return reader->builder.row_count >= TIDE_BATCH_ROWS_MAX ||
           reader->rejects.count >= TIDE_BATCH_ROWS_MAX ||
           reader->target.from.position - first_position >= reader->batch_bytes;
}

static tide_code fill_batch(file_reader *reader, tide_error *err)
{
    tide_file_rows *rows = reader->rows;
    int64_t first_position = INT64_MAX;
    bool found = true;
    do {
        TIDE_TRY(rows->vtable->next(rows, &reader->target, &found, err));
        if (first_position == INT64_MAX) {
            first_position = reader->target.from.position;
        }
    } while (found && !is_full(reader, first_position));
    if (!found) {
        reader->at_end = true;
        return tide_file_input_finish(rows->vtable->input(rows), err);
    }
    return TIDE_OK;
}

/* The builder keeps its memory, so what it once held stays counted. */
static void count_memory(file_reader *reader)
{
    int64_t bytes = (int64_t)tide_builder_bytes(&reader->builder);
    if (bytes > reader->bytes_counted) {
        tide_budget_force(reader->options->source.budget, bytes - reader->bytes_counted);
        reader->bytes_counted = bytes;
    }
}

static tide_code next(tide_reader *base, tide_read *out, tide_error *err)
{
    file_reader *reader = (file_reader *)base;
    *out = (tide_read){.rejects = &reader->rejects};
    tide_batch_init(&out->batch);
    tide_builder_reset(&reader->builder);
    tide_reject_list_reset(&reader->rejects);
    TIDE_TRY(tide_cancel_check(reader->options->source.cancel, err));
    if (!reader->at_end) {
        TIDE_TRY(fill_batch(reader, err));
        count_memory(reader);
    }
    uint64_t bytes = tide_file_input_bytes(reader->rows->vtable->input(reader->rows));
    out->byte_count = bytes - reader->bytes_reported;
    reader->bytes_reported = bytes;
    out->end = reader->at_end && reader->builder.row_count == 0 && reader->rejects.count == 0;
    return tide_builder_view(&reader->builder, &out->batch, err);
}

static void close_reader(tide_reader *base)
{
    file_reader *reader = (file_reader *)base;
    if (reader->rows != NULL) {
        reader->rows->vtable->close(reader->rows);
    }
    tide_budget_give_back(reader->options->source.budget, reader->bytes_counted);
    tide_builder_clear(&reader->builder);
    tide_reject_list_clear(&reader->rejects);
    tide_arena_clear(&reader->arena);
    tide_free(reader);
}

static const tide_reader_vtable vtable = {.next = next, .close = close_reader};

static tide_code open_rows(file_reader *reader, const tide_source_plan *plan, uint32_t split,
                           tide_error *err)
{
    const tide_file_source_options *options = reader->options;
    const tide_split *range = &plan->splits[split];
    const tide_member *member = &plan->members[range->member];
    char *path = tide_file_path(&reader->arena, options->directory,
                                member->now != NULL ? member->now : member->name);
    if (path == NULL) {
        return TIDE_FAIL_MEMORY(err, "a file reader");
    }
    tide_file_rows_options rows = {
        .source = options,
        .member = member,
        .split = range,
        .place = {.path = path,
                  .name = member->name,
                  .identity = member->current != NULL ? member->current : member->identity,
                  .buffer_bytes = options->buffer_bytes,
                  .may_grow = member->end != 0,
                  .size_min = member->end,
                  .device = member->device,
                  .inode = member->inode},
    };
    reader->target = (tide_file_target){
        .builder = &reader->builder,
        .rejects = &reader->rejects,
        .from = {.source = (int32_t)range->member, .name = tide_str_of(member->name)},
    };
    tide_file_format format;
    TIDE_TRY(tide_file_format_of(options, member->name, &format, err));
    return format == TIDE_FILE_CSV ? tide_csv_rows_open(&rows, &reader->rows, err)
                                   : tide_ndjson_rows_open(&rows, &reader->rows, err);
}

tide_code tide_file_reader_open(const tide_file_source_options *options,
                                const tide_source_plan *plan, uint32_t split, tide_reader **reader,
                                tide_error *err)
{
    *reader = NULL;
    file_reader *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return TIDE_FAIL_MEMORY(err, "a file reader");
    }
    created->base.vtable = &vtable;
    created->options = options;
    created->batch_bytes = options->source.batch_bytes > 0 ? (int64_t)options->source.batch_bytes
                                                           : (int64_t)TIDE_BATCH_BYTES_MAX;
    tide_arena_init(&created->arena);
    tide_reject_list_init(&created->rejects);
    tide_code code = tide_builder_init(&created->builder, &options->source.layout->schema, err);
    if (code == TIDE_OK) {
        code = open_rows(created, plan, split, err);
    }
    if (code != TIDE_OK) {
        close_reader(&created->base);
        return code;
    }
    *reader = &created->base;
    return TIDE_OK;
}
