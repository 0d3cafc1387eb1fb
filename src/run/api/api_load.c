/* SPDX-License-Identifier: Apache-2.0 */
/* The load stage: a sink, a run in it, units. */
#include "base/calendar.h"
#include "base/memory.h"
#include "base/problem.h"
#include "run/api/api.h"

struct tidemill_load {
    tide_execution execution; /* of which only the sink and the run's row are used */
    tide_run_result result;
    tide_sink_worker *worker;
};

static tide_code choose_row(tide_execution *e, const char *plan_json, int64_t *run, tide_error *err)
{
    tide_run_row last = {0};
    size_t count = 0;
    tide_code code = tide_execution_look(e, &last, &count, err);
    if (code != TIDE_OK) {
        tide_run_row_clear(&last);
        return code;
    }
    e->loaded_before += count > 0 ? tide_loaded_ever(&last) : 0;
    bool unfinished = count > 0 && tide_run_status_is_open(last.status);
    int64_t next = count == 0 ? 1 : unfinished ? last.run : last.run + 1;
    e->row = (tide_run_row){.run = *run != 0 ? *run : next,
                            .status = TIDE_RUN_STARTED,
                            .started_at = unfinished ? last.started_at : tide_now(),
                            .sight = tide_run_sight_of(count > 0 ? &last : NULL)};
    tide_run_row_clear(&last);
    *run = e->row.run;
    if (plan_json != NULL) {
        e->row.plan = tide_copy_string(plan_json);
        if (e->row.plan == NULL) {
            return TIDE_FAIL_MEMORY(err, "a run");
        }
    }
    return TIDE_OK;
}

/* The record of the run: what it and those before it have loaded. */
static tide_code set_record(tidemill_load *load, tide_error *err)
{
    tide_execution *e = &load->execution;
    tide_error none;
    tide_error_clear(&none);
    tide_text_reset(&load->result.record);
    tide_print_record(e, &none, &load->result.record);
    tide_free(e->row.record);
    e->row.record = tide_copy_string(tide_text_c(&load->result.record));
    return e->row.record == NULL ? TIDE_FAIL_MEMORY(err, "the record of a run") : TIDE_OK;
}

static tide_code open_load(tidemill_load *load, tidemill_pipeline *pipeline, const char *plan_json,
                           int64_t *run, tide_error *err)
{
    tide_execution *e = &load->execution;
    tide_run_options options = {0};
    TIDE_TRY(tide_execution_init(e, &pipeline->bound, &options, &load->result, err));
    TIDE_TRY(tide_execution_connect(e, err));
    if (e->sink == NULL) {
        return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE, "the pipeline discards its rows");
    }
    TIDE_TRY(choose_row(e, plan_json, run, err));
    TIDE_TRY(set_record(load, err));
    TIDE_TRY(e->sink->vtable->begin(e->sink, &e->row, err));
    e->begun = true;
    return e->sink->vtable->open_worker(e->sink, &load->worker, err);
}

tidemill_code tidemill_load_open(tidemill_pipeline *pipeline, const char *plan_json, int64_t *run,
                                 tidemill_load **load, tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    *load = NULL;
    tidemill_load *opened = tide_alloc_zero(1, sizeof *opened);
    if (opened == NULL) {
        return tide_api_code(TIDE_FAIL_MEMORY(&inner, "a load"), &inner, err);
    }
    tide_code code = open_load(opened, pipeline, plan_json, run, &inner);
    if (code != TIDE_OK) {
        tidemill_load_close(opened);
        return tide_api_code(code, &inner, err);
    }
    *load = opened;
    return TIDEMILL_OK;
}

void tidemill_load_close(tidemill_load *load)
{
    if (load == NULL) {
        return;
    }
    if (load->worker != NULL) {
        load->execution.sink->vtable->close_worker(load->worker);
    }
    tide_execution_clear(&load->execution);
    tide_run_result_clear(&load->result);
    tide_free(load);
}

/* --- states as an Arrow stream --- */

typedef struct stored_states {
    tide_stream *stream;
} stored_states;

static tide_code next_states(void *self, tide_batch *out, tide_error *err)
{
    stored_states *states = self;
    const uint64_t *hashes = NULL;
    tide_batch lent;
    tide_batch_init(&lent);
    TIDE_TRY(states->stream->vtable->next(states->stream, &lent, &hashes, err));
    tide_code code = TIDE_OK;
    if (tide_batch_row_count(&lent) > 0) {
        code = tide_api_copy(&lent, out, err);
    }
    tide_batch_clear(&lent);
    return code;
}

static void close_states(void *self)
{
    stored_states *states = self;
    states->stream->vtable->close(states->stream);
    tide_free(states);
}

static const tide_api_producer states_producer = {next_states, close_states};

static tide_code open_states(tidemill_load *load, tide_hash_range range,
                             struct ArrowArrayStream *out, tide_error *err)
{
    tide_execution *e = &load->execution;
    if (e->pipeline->route != TIDE_ROUTE_ORDERED) {
        return TIDE_FAIL(err, TIDE_E_NOT_APPLICABLE,
                         "the pipeline has no `series:`, so it has no state");
    }
    stored_states *states = tide_alloc_zero(1, sizeof *states);
    if (states == NULL) {
        return TIDE_FAIL_MEMORY(err, "a stream");
    }
    tide_code code = e->sink->vtable->read_states(load->worker, range, &states->stream, err);
    if (code != TIDE_OK) {
        tide_free(states);
        return code;
    }
    return tide_api_stream(&e->pipeline->process.state.schema, &states_producer, states, out, err);
}

tidemill_code tidemill_load_states(tidemill_load *load, uint64_t first, uint64_t last,
                                   struct ArrowArrayStream *out, tidemill_error *err)
{
    tide_error inner;
    tide_error_clear(&inner);
    out->release = NULL;
    tide_code code = open_states(load, (tide_hash_range){first, last}, out, &inner);
    return code == TIDE_OK ? TIDEMILL_OK : tide_api_code(code, &inner, err);
}

tidemill_code tidemill_load_unit(tidemill_load *load, tidemill_unit *unit,
                                 tidemill_load_result *result, tidemill_error *err)
{
    tide_error inner;
    tide_load_result loaded = {0};
    tide_error_clear(&inner);
    tide_code code = load->execution.sink->vtable->load(load->worker, &unit->unit, &loaded, &inner);
    load->result.counts.loaded += loaded.loaded;
    load->result.counts.superseded += loaded.superseded;
    load->result.counts.refused += loaded.refused;
    *result = (tidemill_load_result){loaded.loaded, loaded.superseded, loaded.refused};
    return code == TIDE_OK ? TIDEMILL_OK : tide_api_code(code, &inner, err);
}

tidemill_code tidemill_load_finish(tidemill_load *load, tidemill_error *err)
{
    tide_error inner;
    tide_load_result moved = {0};
    tide_execution *e = &load->execution;
    tide_error_clear(&inner);
    e->row.status = TIDE_RUN_COMPLETE;
    e->row.ended_at = tide_now();
    tide_code code = set_record(load, &inner);
    if (code == TIDE_OK) {
        code = e->sink->vtable->finish(e->sink, &e->row, &moved, &inner);
    }
    return code == TIDE_OK ? TIDEMILL_OK : tide_api_code(code, &inner, err);
}
