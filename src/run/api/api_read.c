/* SPDX-License-Identifier: Apache-2.0 */
/* Plans and splits as Arrow streams. */
#include "base/calendar.h"
#include "base/memory.h"
#include "run/api/api.h"
#include "run/connect.h"

static tide_code create_source_plan(tidemill_plan *plan, const char *json, tide_error *err)
{
    tide_pipeline *pipeline = &plan->pipeline->bound;
    tide_connect_options options = {&plan->cancel, &plan->budget, tide_cores_available(), 0};
    TIDE_TRY(tide_connect_source(pipeline, &options, &plan->source, err));
    tide_run_plan kept;
    tide_run_plan_init(&kept);
    tide_code code = json != NULL ? tide_run_plan_parse(&kept, json, err)
                                  : tide_plan_horizon(pipeline, tide_now(), &kept.horizon, err);
    if (code == TIDE_OK) {
        plan->horizon = kept.horizon;
        tide_plan_request request = {.pinned = kept.members, .pinned_count = kept.member_count};
        code = plan->source->vtable->plan(plan->source, &request, &plan->plan, err);
    }
    if (code == TIDE_OK) {
        tide_run_plan_print(&kept, &plan->plan, &plan->json);
        code = tide_text_failed(&plan->json) ? TIDE_FAIL_MEMORY(err, "a plan") : TIDE_OK;
    }
    tide_run_plan_clear(&kept);
    return code;
}

tidemill_code tidemill_plan_create(tidemill_pipeline *pipeline, const char *json,
                                   tidemill_plan **plan, tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    *plan = NULL;
    tidemill_plan *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return tide_api_code(TIDE_FAIL_MEMORY(&inner, "a plan"), &inner, err);
    }
    created->pipeline = pipeline;
    tide_cancel_init(&created->cancel);
    tide_budget_init(&created->budget, INT64_MAX);
    tide_source_plan_init(&created->plan);
    tide_text_init(&created->json);
    tide_code code = create_source_plan(created, json, &inner);
    if (code != TIDE_OK) {
        tidemill_plan_destroy(created);
        return tide_api_code(code, &inner, err);
    }
    *plan = created;
    return TIDEMILL_OK;
}

void tidemill_plan_destroy(tidemill_plan *plan)
{
    if (plan == NULL) {
        return;
    }
    if (plan->source != NULL) {
        plan->source->vtable->close(plan->source);
    }
    tide_source_plan_clear(&plan->plan);
    tide_text_clear(&plan->json);
    tide_free(plan);
}

const char *tidemill_plan_json(const tidemill_plan *plan)
{
    return tide_text_c(&plan->json);
}

size_t tidemill_plan_split_count(const tidemill_plan *plan)
{
    return plan->plan.split_count;
}

static tide_code fail_split(size_t i, const tidemill_plan *plan, tide_error *err)
{
    return TIDE_FAIL(err, TIDE_BAD_CONFIG, "split %zu does not exist: the plan has %zu", i,
                     plan->plan.split_count);
}

tidemill_code tidemill_plan_split(const tidemill_plan *plan, size_t i, tidemill_split *split,
                                  tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    if (i >= plan->plan.split_count) {
        return tide_api_code(fail_split(i, plan, &inner), &inner, err);
    }
    const tide_split *from = &plan->plan.splits[i];
    *split = (tidemill_split){.name = from->name,
                              .row_count = (int64_t)from->row_count,
                              .byte_count = (int64_t)from->byte_count,
                              .snapshot = from->snapshot};
    return TIDEMILL_OK;
}

/* --- one split as a stream --- */

typedef struct split_stream {
    tide_reader *reader;
    tide_reject_list rejects;
    bool ended;
} split_stream;

static tide_code next_rows(void *self, tide_batch *out, tide_error *err)
{
    split_stream *split = self;
    while (!split->ended) {
        tide_read read = {0};
        TIDE_TRY(split->reader->vtable->next(split->reader, &read, err));
        if (read.rejects != NULL) {
            TIDE_TRY(tide_reject_list_append(&split->rejects, read.rejects, err));
        }
        split->ended = read.end;
        if (!read.end && tide_batch_row_count(&read.batch) > 0) {
            return tide_api_copy(&read.batch, out, err);
        }
    }
    return TIDE_OK;
}

static void close_split(void *self)
{
    split_stream *split = self;
    if (split->reader != NULL) {
        split->reader->vtable->close(split->reader);
    }
    tide_reject_list_clear(&split->rejects);
    tide_free(split);
}

static const tide_api_producer split_producer = {next_rows, close_split};

static tide_code read_split(tidemill_plan *plan, size_t i, uint32_t attempt,
                            struct ArrowArrayStream *out, tide_error *err)
{
    if (i >= plan->plan.split_count) {
        return fail_split(i, plan, err);
    }
    split_stream *split = tide_alloc_zero(1, sizeof *split);
    if (split == NULL) {
        return TIDE_FAIL_MEMORY(err, "a stream");
    }
    tide_reject_list_init(&split->rejects);
    tide_code code = plan->source->vtable->open_reader(plan->source, &plan->plan, (uint32_t)i,
                                                       attempt, &split->reader, err);
    if (code != TIDE_OK) {
        close_split(split);
        return code;
    }
    return tide_api_stream(&plan->pipeline->bound.layout.schema, &split_producer, split, out, err);
}

tidemill_code tidemill_read_split(tidemill_plan *plan, size_t split, uint32_t attempt,
                                  struct ArrowArrayStream *out, tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    out->release = NULL;
    tide_code code = read_split(plan, split, attempt, out, &inner);
    return code == TIDE_OK ? TIDEMILL_OK : tide_api_code(code, &inner, err);
}

tidemill_code tidemill_split_rejects(struct ArrowArrayStream *stream, struct ArrowSchema *schema,
                                     struct ArrowArray *rejects, tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    schema->release = NULL;
    rejects->release = NULL;
    const split_stream *split = tide_api_stream_self(stream, &split_producer);
    if (split == NULL) {
        (void)TIDE_FAIL(&inner, TIDE_BAD_CONFIG, "not a stream of tidemill_read_split");
        return tide_api_code(inner.code, &inner, err);
    }
    tide_code code = tide_api_export_rejects(&split->rejects, schema, rejects, &inner);
    return code == TIDE_OK ? TIDEMILL_OK : tide_api_code(code, &inner, err);
}
