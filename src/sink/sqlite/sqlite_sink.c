/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/sqlite/sqlite_sink.h"

#include "base/fault.h"
#include "base/memory.h"
#include "base/problem.h"
#include "sink/sqlite/sqlite_parts.h"
#include "sink/sqlite/table.h"

static tide_code check_table(tide_sqlite_sink *sink, tide_sink_facts *facts,
                             const tide_pipeline_row *row, tide_error *err)
{
    tide_db *db = &sink->store.db;
    const tide_target *target = sink->store.target;
    bool has_rows = false;
    TIDE_TRY(tide_db_has_table(db, target->table, &facts->table_exists, err));
    if (!facts->table_exists) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_db_has_rows(db, target->table, &has_rows, err));
    facts->table_empty = !has_rows;
    TIDE_TRY(tide_table_is(db, target->table, row->table_identity, &facts->same_table, err));
    sink->store.sight.same_table = facts->same_table;
    return tide_table_check(db, target, &facts->problems, err);
}

static tide_code check_connected(tide_sqlite_sink *sink, tide_sink_facts *facts, tide_error *err)
{
    tide_pipeline_row row;
    TIDE_TRY(tide_db_execute(&sink->store.db, "BEGIN", err));
    tide_code code = tide_store_check(&sink->store, facts, &row, err);
    if (code == TIDE_OK) {
        code = check_table(sink, facts, &row, err);
    }
    tide_pipeline_row_clear(&row);
    (void)sqlite3_exec(sink->store.db.handle, "ROLLBACK", NULL, NULL, NULL);
    if (code == TIDE_OK && tide_text_failed(&facts->problems)) {
        code = TIDE_FAIL_MEMORY(err, "what is wrong with the table");
    }
    return code;
}

static tide_code check(tide_sink *base, tide_sink_facts *facts, tide_error *err)
{
    tide_sqlite_sink *sink = (tide_sqlite_sink *)base;
    bool connected = false;
    *facts = (tide_sink_facts){.table_empty = true};
    tide_text_init(&facts->problems);
    facts->server = tide_copy_string("SQLite " SQLITE_VERSION);
    tide_mutex_lock(&sink->store.lock);
    tide_code code = facts->server == NULL ? TIDE_FAIL_MEMORY(err, "the version of SQLite")
                                           : tide_store_connect(&sink->store, &connected, err);
    if (code == TIDE_OK) {
        code = tide_store_look_at_lease(&sink->store, connected, err);
    }
    if (code == TIDE_OK && connected) {
        code = check_connected(sink, facts, err);
    }
    tide_mutex_unlock(&sink->store.lock);
    if (code != TIDE_OK) {
        tide_sink_facts_clear(facts);
    }
    return code;
}

static tide_code begin(tide_sink *base, const tide_run_row *run, tide_error *err)
{
    return tide_sqlite_begin((tide_sqlite_sink *)base, run, err);
}

static tide_code open_worker(tide_sink *base, tide_sink_worker **worker, tide_error *err)
{
    tide_sqlite_sink *sink = (tide_sqlite_sink *)base;
    tide_text name;
    tide_sink_worker *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "a sink worker");
    }
    tide_text_init(&name);
    tide_text_append_format(&name, "%s%lld", sink->store.parts_prefix,
                            (long long)tide_atomic_add(&sink->worker_count, 1));
    made->sink = sink;
    made->parts_table = tide_text_take(&name);
    if (made->parts_table == NULL) {
        tide_free(made);
        return TIDE_FAIL_MEMORY(err, "a sink worker");
    }
    tide_unit_parts_init(&made->parts);
    *worker = made;
    return TIDE_OK;
}

static void close_worker(tide_sink_worker *worker)
{
    tide_sqlite_abandon(worker);
    tide_mutex_lock(&worker->sink->store.lock);
    tide_insertion_clear(&worker->insertion);
    tide_mutex_unlock(&worker->sink->store.lock);
    tide_unit_parts_clear(&worker->parts);
    tide_db_close(&worker->reader);
    tide_free(worker->parts_table);
    tide_free(worker);
}

static tide_code read_states(tide_sink_worker *worker, tide_hash_range range, tide_stream **stream,
                             tide_error *err)
{
    return tide_store_read_states(&worker->sink->store, &worker->reader, range, stream, err);
}

static tide_code load(tide_sink_worker *worker, tide_unit *unit, tide_load_result *result,
                      tide_error *err)
{
    return tide_sqlite_load(worker, unit, result, err);
}

static tide_code finish(tide_sink *base, const tide_run_row *run, tide_load_result *result,
                        tide_error *err)
{
    return tide_sqlite_finish((tide_sqlite_sink *)base, run, result, err);
}

static tide_code reset_inside(tide_sqlite_sink *sink, tide_error *err)
{
    tide_store *store = &sink->store;
    tide_pipeline_row row;
    bool exists = false;
    TIDE_TRY(tide_store_refuse_rivals(store, err));
    TIDE_TRY(tide_ledger_read_pipeline(&store->db, store->target->pipeline, &row, err));
    tide_code code = tide_table_unmark(&store->db, row.table_identity, err);
    tide_pipeline_row_clear(&row);
    if (code == TIDE_OK) {
        code = tide_table_unmark_others(&store->db, store->target, err);
    }
    if (code == TIDE_OK) {
        code = tide_db_has_table(&store->db, store->target->table, &exists, err);
    }
    if (code == TIDE_OK && exists) {
        code = tide_db_empty_table(&store->db, store->target->table, err);
    }
    return code == TIDE_OK ? tide_store_forget(store, err) : code;
}

static tide_code accept_inside(tide_sqlite_sink *sink, tide_error *err)
{
    TIDE_TRY(tide_store_refuse_rivals(&sink->store, err));
    if (sink->store.target->mode != TIDE_REPLACE) {
        TIDE_TRY(tide_table_create(&sink->store.db, sink->store.target, err));
    }
    TIDE_TRY(tide_ledger_forget_unit_rows(&sink->store.db, sink->store.target->pipeline, err));
    TIDE_TRY(tide_ledger_accept_rows(&sink->store.db, sink->store.target->pipeline, err));
    return tide_sqlite_keep_identity(sink, err);
}

static tide_code control(tide_sink *base, tide_code (*inside)(tide_sqlite_sink *, tide_error *),
                         tide_error *err)
{
    tide_sqlite_sink *sink = (tide_sqlite_sink *)base;
    TIDE_TRY(tide_store_enter(&sink->store, err));
    return tide_store_end(&sink->store, inside(sink, err), err);
}

static tide_code state_reset(tide_sink *base, tide_error *err)
{
    return control(base, reset_inside, err);
}

static tide_code state_accept(tide_sink *base, tide_error *err)
{
    return control(base, accept_inside, err);
}

static tide_code rewind_inside(tide_sqlite_sink *sink, const tide_rewind *rewind,
                               tide_rewound *done, tide_error *err)
{
    TIDE_TRY(tide_store_rewind_table(&sink->store, rewind, done, err));
    TIDE_FAULT_POINT("sqlite.rewind.rows");
    TIDE_TRY(tide_store_rewind(&sink->store, rewind, done, err));
    TIDE_FAULT_POINT("sqlite.rewind.before");
    return tide_sqlite_keep_identity(sink, err);
}

static tide_code state_rewind(tide_sink *base, const tide_rewind *rewind, tide_rewound *done,
                              tide_error *err)
{
    tide_sqlite_sink *sink = (tide_sqlite_sink *)base;
    *done = (tide_rewound){0};
    TIDE_TRY(tide_store_enter(&sink->store, err));
    tide_code code = rewind_inside(sink, rewind, done, err);
    TIDE_TRY(tide_store_end(&sink->store, code, err));
    TIDE_FAULT_POINT("sqlite.rewind.after");
    return TIDE_OK;
}

static void close_sink(tide_sink *base)
{
    tide_sqlite_sink *sink = (tide_sqlite_sink *)base;
    tide_insertion_clear(&sink->insertion);
    tide_reduction_clear(&sink->reduction);
    tide_store_close(&sink->store);
    tide_free(sink);
}

static const tide_sink_vtable sink_vtable = {
    .check = check,
    .read_runs = tide_store_read_runs,
    .read_marks = tide_store_read_marks,
    .begin = begin,
    .open_worker = open_worker,
    .close_worker = close_worker,
    .read_states = read_states,
    .load = load,
    .abandon = tide_sqlite_abandon,
    .read_units = tide_store_read_units,
    .read_rejects = tide_store_read_rejects,
    .reject = tide_store_reject,
    .dismiss = tide_store_dismiss,
    .record = tide_store_record,
    .finish = finish,
    .state_reset = state_reset,
    .state_accept = state_accept,
    .state_rewind = state_rewind,
    .close = close_sink,
};

static tide_code init_key(tide_sqlite_sink *sink, const tide_target *target, tide_error *err)
{
    if (target->key_count == 0 || target->mode == TIDE_APPEND) {
        return target->mode == TIDE_MERGE
                   ? TIDE_FAIL(err, TIDE_BAD_CONFIG, "merge into %s needs a key", target->table)
                   : TIDE_OK;
    }
    TIDE_TRY(tide_reduction_init(&sink->reduction, target, err));
    sink->has_key = true;
    sink->comparison = (tide_comparison){.schema = target->output,
                                         .order = sink->reduction.rank_columns,
                                         .order_count = sink->reduction.rank_count};
    return TIDE_OK;
}

tide_code tide_sqlite_sink_open(const tide_sqlite_options *options, const tide_target *target,
                                tide_sink **sink, tide_error *err)
{
    if (options->path[0] == '\0' || strcmp(options->path, ":memory:") == 0) {
        return TIDE_FAIL(err, TIDE_E_CONNECTION, "a SQLite sink needs the path of a file");
    }
    tide_sqlite_sink *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "a SQLite sink");
    }
    tide_store_options store_options = {options->path, options->busy_ms};
    tide_code code = tide_store_open(&made->store, &store_options, target, err);
    if (code != TIDE_OK) {
        tide_free(made);
        return code;
    }
    made->store.sink = (tide_sink){.vtable = &sink_vtable, .kind = "sqlite"};
    code = init_key(made, target, err);
    if (code != TIDE_OK) {
        close_sink(&made->store.sink);
        return code;
    }
    *sink = &made->store.sink;
    return TIDE_OK;
}
