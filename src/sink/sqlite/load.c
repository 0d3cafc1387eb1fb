/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a unit:
 *
 *   outside the lock   rules -> refused; with a key: candidates -> one row per key, in key order
 *   inside             marker -> rows -> rejects, late rows -> states -> COMMIT
 *
 * A unit of several parts: each goes to a table of the worker's own and is committed there, so that
 * nobody waits for the one write lock while a long split is read; the last part moves all of them
 * in the unit's transaction. What is left of a unit that was abandoned is dropped by the next
 * begin.
 *
 * A unit that refuses more than the run may is rolled back, and only its rejects are committed. */
#include "base/fault.h"
#include "base/memory.h"
#include "base/problem.h"
#include "sink/sqlite/sqlite_parts.h"
#include "sink/sqlite/table.h"

typedef struct unit_load {
    tide_sqlite_sink *sink;
    tide_sink_worker *worker;
    tide_unit_parts *parts;    /* the worker's */
    tide_insertion *insertion; /* the sink's, or of the worker's parts */
    const tide_unit *unit;
    tide_refusals refusals;
    tide_candidate *candidates; /* owned; with a key */
    size_t candidate_count;
    tide_load_result result; /* of this part */
    tide_text position;      /* scratch */
} unit_load;

static tide_code collect_candidates(unit_load *load, tide_error *err)
{
    const tide_unit *unit = load->unit;
    size_t row_count = (size_t)tide_unit_row_count(unit);
    load->candidates = tide_alloc_zero(row_count + 1, sizeof *load->candidates);
    if (load->candidates == NULL) {
        return TIDE_FAIL_MEMORY(err, "reducing a unit by key");
    }
    size_t count = 0;
    for (size_t chunk = 0; chunk < unit->chunk_count; chunk++) {
        const tide_column *columns = tide_refusals_columns(&load->refusals, chunk);
        int64_t rows = tide_batch_row_count(&unit->chunks[chunk].batch);
        for (int64_t row = 0; row < rows; row++) {
            if (!tide_refusals_has(&load->refusals, chunk, row)) {
                load->candidates[count++] =
                    (tide_candidate){.row = {columns, row}, .chunk = (uint32_t)chunk};
            }
        }
    }
    load->candidate_count = tide_reduction_reduce(&load->sink->reduction, load->candidates, count);
    load->result.superseded += (int64_t)(count - load->candidate_count);
    return TIDE_OK;
}

static tide_code prepare(unit_load *load, tide_error *err)
{
    const tide_target *target = load->sink->store.target;
    tide_row_rules rules = {
        .refuses_nan = true,
        .refuses_far_dates = true,
        .key_columns = target->key_columns,
        .key_count = load->sink->has_key ? target->key_count : 0,
    };
    TIDE_TRY(tide_refusals_apply(&load->refusals, &rules, err));
    return load->sink->has_key ? collect_candidates(load, err) : TIDE_OK;
}

/* So many refused already that the unit can't be committed, and enough of them to show. */
static bool is_hopeless(const unit_load *load)
{
    size_t count = load->parts->rejects.count;
    return count > TIDE_REFUSALS_SHOWN_MAX &&
           tide_store_over_rejects(&load->sink->store, count - TIDE_REFUSALS_SHOWN_MAX);
}

/* A staged row that takes the place of another staged row of its key supersedes that one, which was
 * counted as loaded. */
static void count_row(unit_load *load, tide_fate fate)
{
    bool replaces_staged = load->insertion->has_position && load->insertion->comparison != NULL &&
                           load->insertion->comparison->verdict == TIDE_GREATER;
    if (fate == TIDE_ROW_SUPERSEDED || (fate == TIDE_ROW_LOADED && replaces_staged)) {
        load->result.superseded++;
    } else if (fate == TIDE_ROW_LOADED) {
        load->result.loaded++;
    }
}

static tide_code insert_row(unit_load *load, size_t chunk, const tide_column *columns, int64_t row,
                            tide_error *err)
{
    tide_insertion *insertion = load->insertion;
    tide_fate fate = TIDE_ROW_LOADED;
    tide_refusal refusal = {0};
    if (insertion->has_position) {
        TIDE_TRY(tide_refusals_print_position(&load->refusals, chunk, row, &load->position, err));
    }
    tide_str position = {tide_text_c(&load->position), load->position.size};
    TIDE_TRY(tide_insertion_insert(insertion, columns, row, position, &fate, &refusal, err));
    count_row(load, fate);
    return fate == TIDE_ROW_REFUSED ? tide_refusals_add(&load->refusals, chunk, row, &refusal, err)
                                    : TIDE_OK;
}

/* Only stopping now rolls a unit back; stopping finishes it. */
static tide_code check_cancel(const unit_load *load, tide_error *err)
{
    const tide_cancel *cancel = load->sink->store.target->cancel;
    if (cancel == NULL || tide_cancel_get(cancel) < TIDE_STOP_NOW) {
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_CANCELLED, "stopped while loading unit %s: rolled back",
                     load->unit->name);
}

static tide_code insert_candidates(unit_load *load, tide_error *err)
{
    for (size_t i = 0; i < load->candidate_count && !is_hopeless(load); i++) {
        const tide_candidate *candidate = &load->candidates[i];
        if (i % 8192 == 0) {
            TIDE_TRY(check_cancel(load, err));
        }
        TIDE_TRY(
            insert_row(load, candidate->chunk, candidate->row.columns, candidate->row.row, err));
    }
    return TIDE_OK;
}

static tide_code insert_chunk(unit_load *load, size_t chunk, tide_error *err)
{
    const tide_column *columns = tide_refusals_columns(&load->refusals, chunk);
    int64_t rows = tide_batch_row_count(&load->unit->chunks[chunk].batch);
    TIDE_TRY(check_cancel(load, err));
    for (int64_t row = 0; row < rows && !is_hopeless(load); row++) {
        if (!tide_refusals_has(&load->refusals, chunk, row)) {
            TIDE_TRY(insert_row(load, chunk, columns, row, err));
        }
    }
    return TIDE_OK;
}

static tide_code insert_rows(unit_load *load, tide_error *err)
{
    if (load->sink->has_key) {
        return insert_candidates(load, err);
    }
    for (size_t chunk = 0; chunk < load->unit->chunk_count; chunk++) {
        TIDE_TRY(insert_chunk(load, chunk, err));
    }
    return TIDE_OK;
}

/* What the parts before and this one did, in the worker's. */
static tide_code add_to_parts(unit_load *load, tide_error *err)
{
    tide_unit_parts *parts = load->parts;
    load->result.refused += load->refusals.count;
    parts->row_count += tide_unit_row_count(load->unit);
    parts->result.loaded += load->result.loaded;
    parts->result.superseded += load->result.superseded;
    parts->result.refused += load->result.refused;
    return tide_reject_list_append(&parts->rejects, &load->unit->rejects, err);
}

/* Inside: the worker's own table, made for the first part. */
static tide_code open_parts_table(unit_load *load, tide_error *err)
{
    tide_sink_worker *worker = load->worker;
    tide_store *store = &load->sink->store;
    if (load->parts->open) {
        return TIDE_OK;
    }
    tide_insertion_clear(&worker->insertion);
    TIDE_TRY(tide_db_drop_table(&store->db, worker->parts_table, err));
    TIDE_TRY(tide_table_create_staging(&store->db, worker->parts_table, store->target, err));
    return tide_insertion_init(&worker->insertion, &store->db, store->target, worker->parts_table,
                               NULL, true, err);
}

/* Inside: the last part follows the others, and all are moved. */
static tide_code move_parts(unit_load *load, tide_error *err)
{
    tide_store *store = &load->sink->store;
    bool staged = tide_store_is_staged(store);
    tide_move move = {
        .from = load->worker->parts_table,
        .to = staged ? store->staged_table : store->target->table,
        .with_position = staged,
    };
    TIDE_TRY(insert_rows(load, err));
    tide_insertion_clear(&load->worker->insertion);
    TIDE_TRY(tide_sqlite_move(load->sink, &move, &load->refusals, err));
    load->result.loaded -= move.refused;
    return TIDE_OK;
}

/* Inside the transaction, up to COMMIT. *over: too many rejects, nothing more was written. */
static tide_code write_unit(unit_load *load, bool *over, tide_error *err)
{
    tide_store *store = &load->sink->store;
    TIDE_TRY(load->parts->open ? move_parts(load, err) : insert_rows(load, err));
    TIDE_FAULT_POINT("sqlite.rows");
    TIDE_TRY(add_to_parts(load, err));
    *over = tide_store_over_rejects(store, load->parts->rejects.count);
    if (*over) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_store_write_unit(store, load->unit, load->parts, err));
    TIDE_FAULT_POINT("sqlite.state");
    return TIDE_OK;
}

static tide_code commit_unit(unit_load *load, tide_error *err)
{
    TIDE_FAULT_POINT("sqlite.commit.before");
    tide_code code = tide_store_commit_unit(&load->sink->store, load->unit->name, load->parts, err);
    TIDE_FAULT_POINT("sqlite.commit.after");
    return code;
}

/* The unit was committed before: results of its parts add up to what its marker says. */
static void take_marker(unit_load *load, const tide_load_result *marked)
{
    load->result.loaded = marked->loaded - load->parts->result.loaded;
    load->result.superseded = marked->superseded - load->parts->result.superseded;
    load->result.refused = marked->refused - load->parts->result.refused;
}

static tide_code end_transaction(unit_load *load, tide_code code, bool over, tide_error *err)
{
    tide_store *store = &load->sink->store;
    tide_store_abort(store);
    return code == TIDE_OK && over
               ? tide_store_fail_over_rejects(store, load->unit->name, &load->parts->rejects, err)
               : code;
}

/* The unit's transaction, entered. */
static tide_code run_transaction(unit_load *load, tide_error *err)
{
    tide_load_result marked = {0};
    bool done = false;
    bool over = false;
    int64_t row_count = load->parts->row_count + tide_unit_row_count(load->unit);
    TIDE_FAULT_POINT("sqlite.begin");
    tide_code code =
        tide_store_mark_unit(&load->sink->store, load->unit->name, row_count, &marked, &done, err);
    TIDE_FAULT_POINT("sqlite.marker");
    if (code == TIDE_OK && done) {
        take_marker(load, &marked);
        return end_transaction(load, code, false, err);
    }
    if (code == TIDE_OK) {
        code = write_unit(load, &over, err);
    }
    return code == TIDE_OK && !over ? commit_unit(load, err)
                                    : end_transaction(load, code, over, err);
}

/* The transaction of a part that is not the last, entered. */
static tide_code run_part(unit_load *load, tide_error *err)
{
    tide_code code = open_parts_table(load, err);
    bool over = false;
    if (code == TIDE_OK) {
        code = insert_rows(load, err);
    }
    if (code == TIDE_OK) {
        code = add_to_parts(load, err);
    }
    /* By itself too many: no need to read on. The last part decides with the run's others. */
    over = (int64_t)load->parts->rejects.count > load->sink->store.target->max_rejects;
    if (code != TIDE_OK || over) {
        return end_transaction(load, code, over, err);
    }
    TIDE_TRY(tide_store_commit(&load->sink->store, err));
    TIDE_FAULT_POINT("sqlite.part");
    load->parts->open = true;
    return TIDE_OK;
}

static tide_code load_part(unit_load *load, tide_error *err)
{
    bool in_parts = load->unit->continues || load->parts->open;
    load->insertion = in_parts ? &load->worker->insertion : &load->sink->insertion;
    TIDE_TRY(prepare(load, err));
    TIDE_TRY(tide_store_enter(&load->sink->store, err));
    return load->unit->continues ? run_part(load, err) : run_transaction(load, err);
}

tide_code tide_sqlite_load(tide_sink_worker *worker, const tide_unit *unit,
                           tide_load_result *result, tide_error *err)
{
    unit_load load = {
        .sink = worker->sink, .worker = worker, .parts = &worker->parts, .unit = unit};
    *result = (tide_load_result){0};
    if (unit->continues && worker->sink->has_key) {
        return TIDE_FAIL(err, TIDE_E_DEFECT, "unit %s comes in parts, but rows with a key must not",
                         unit->name);
    }
    TIDE_TRY(tide_refusals_init(&load.refusals, unit, worker->parts.row_count,
                                &worker->parts.rejects, err));
    tide_text_init(&load.position);
    tide_code code = load_part(&load, err);
    if (code == TIDE_OK) {
        *result = load.result;
    }
    tide_free(load.candidates);
    tide_text_clear(&load.position);
    tide_refusals_clear(&load.refusals);
    if (code != TIDE_OK) {
        tide_sqlite_abandon(worker);
    } else if (!unit->continues) {
        tide_unit_parts_reset(&worker->parts);
    }
    return code;
}

/* Its rows are in nobody's way; what can't be dropped now is by the next begin. */
void tide_sqlite_abandon(tide_sink_worker *worker)
{
    tide_store *store = &worker->sink->store;
    tide_error ignored;
    bool was_open = worker->parts.open;
    tide_unit_parts_reset(&worker->parts);
    if (!was_open || tide_store_enter(store, &ignored) != TIDE_OK) {
        return;
    }
    tide_insertion_clear(&worker->insertion);
    if (tide_db_drop_table(&store->db, worker->parts_table, &ignored) != TIDE_OK) {
        tide_store_abort(store);
    } else if (tide_store_commit(store, &ignored) != TIDE_OK) {
        return; /* rolled back */
    }
}
