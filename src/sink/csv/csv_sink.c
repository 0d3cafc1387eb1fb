/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/csv/csv_sink.h"

#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/problem.h"
#include "sink/csv/csv_folder.h"
#include "sink/csv/csv_parts.h"

static tide_code check(tide_sink *base, tide_sink_facts *facts, tide_error *err)
{
    tide_csv_sink *sink = (tide_csv_sink *)base;
    bool connected = false;
    *facts = (tide_sink_facts){.table_empty = true};
    tide_text_init(&facts->problems);
    facts->server = tide_copy_string("CSV files, SQLite " SQLITE_VERSION);
    tide_mutex_lock(&sink->store.lock);
    tide_code code = facts->server == NULL ? TIDE_FAIL_MEMORY(err, "the version of SQLite")
                                           : tide_store_connect(&sink->store, &connected, err);
    if (code == TIDE_OK) {
        code = tide_store_look_at_lease(&sink->store, connected, err);
    }
    if (code == TIDE_OK) {
        code = tide_csv_check(sink, connected, facts, err);
    }
    tide_mutex_unlock(&sink->store.lock);
    if (code != TIDE_OK) {
        tide_sink_facts_clear(facts);
    }
    return code;
}

tide_code tide_csv_keep_identity(tide_csv_sink *sink, tide_error *err)
{
    tide_store *store = &sink->store;
    tide_pipeline_row row;
    char token[17] = "";
    TIDE_TRY(tide_ledger_read_pipeline(&store->db, store->target->pipeline, &row, err));
    tide_code code = row.table_identity == NULL ? tide_store_make_token(token, err) : TIDE_OK;
    if (code == TIDE_OK) {
        code = tide_ledger_write_pipeline(&store->db, store->target,
                                          row.table_identity == NULL ? token : row.table_identity,
                                          err);
    }
    tide_pipeline_row_clear(&row);
    return code;
}

static tide_code refuse_problems(tide_csv_sink *sink, tide_error *err)
{
    tide_sink_facts facts = {0};
    tide_text_init(&facts.problems);
    tide_code code = tide_csv_check(sink, false, &facts, err);
    int first_line = (int)strcspn(tide_text_c(&facts.problems), "\n");
    if (code == TIDE_OK && first_line > 0) {
        code = TIDE_FAIL(err, TIDE_E_TABLE_UNFIT, "%.*s", first_line, tide_text_c(&facts.problems));
    }
    tide_sink_facts_clear(&facts);
    return code;
}

static tide_code begin_staging(tide_csv_sink *sink, tide_error *err)
{
    if (sink->store.target->mode != TIDE_REPLACE) {
        return tide_folder_create(sink->folder, err);
    }
    sink->staging = tide_arena_format(&sink->paths, "%s/.%s.stage-%lld", sink->directory,
                                      sink->store.target->table, (long long)sink->store.epoch);
    return sink->staging == NULL ? TIDE_FAIL_MEMORY(err, "a path")
                                 : tide_folder_create(sink->staging, err);
}

/* Past all names that the folder and the manifest know, whoever gave them: after the ledger was
 * lost, or in a folder that another pipeline has left, they are not this run's. By the names one
 * also sees which of two generations is in the folder. */
static tide_code number_parts(tide_csv_sink *sink, tide_error *err)
{
    tide_store *store = &sink->store;
    int64_t listed = 0;
    int64_t there = 0;
    TIDE_TRY(
        tide_manifest_last_part(&store->db, store->target->pipeline, store->run, &listed, err));
    TIDE_TRY(tide_csv_find_last_part(sink->folder, store->run, &there, err));
    tide_atomic_set(&sink->last_part, listed > there ? listed : there);
    return TIDE_OK;
}

static tide_code begin_inside(tide_csv_sink *sink, const tide_run_row *run, tide_error *err)
{
    tide_store *store = &sink->store;
    bool waits = false;
    bool goes_on = run->sight.run == run->run;
    TIDE_TRY(tide_manifest_create(&store->db, err));
    TIDE_TRY(goes_on ? TIDE_OK : tide_csv_start_anew(sink, err));
    TIDE_TRY(tide_csv_recover(sink, err));
    TIDE_TRY(begin_staging(sink, err));
    TIDE_TRY(number_parts(sink, err));
    TIDE_TRY(tide_store_waits_with_identity(store, &waits, err));
    return waits ? TIDE_OK : tide_csv_keep_identity(sink, err);
}

static tide_code begin(tide_sink *base, const tide_run_row *run, tide_error *err)
{
    tide_csv_sink *sink = (tide_csv_sink *)base;
    TIDE_TRY(refuse_problems(sink, err));
    TIDE_TRY(tide_folder_create(sink->directory, err));
    TIDE_TRY(tide_store_begin_run(&sink->store, run, err));
    tide_code code = begin_inside(sink, run, err);
    if (code != TIDE_OK) {
        tide_store_abort_begin(&sink->store);
        return code;
    }
    code = tide_store_commit_begin(&sink->store, err);
    TIDE_FAULT_POINT("csv.begun");
    return code;
}

static tide_code open_worker(tide_sink *base, tide_sink_worker **worker, tide_error *err)
{
    tide_sink_worker *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "a sink worker");
    }
    made->sink = (tide_csv_sink *)base;
    tide_unit_parts_init(&made->parts);
    *worker = made;
    return TIDE_OK;
}

static void close_worker(tide_sink_worker *worker)
{
    tide_csv_abandon(worker);
    tide_unit_parts_clear(&worker->parts);
    tide_db_close(&worker->reader);
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
    tide_csv_sink *sink = worker->sink;
    tide_code code = tide_csv_load(worker, unit, result, err);
    return code == TIDE_IO ? tide_store_blame(&sink->store, err) : code;
}

static tide_code finish(tide_sink *base, const tide_run_row *run, tide_load_result *result,
                        tide_error *err)
{
    return tide_csv_finish((tide_csv_sink *)base, run, result, err);
}

static tide_code settle(tide_sink *base, tide_error *err)
{
    return tide_csv_settle((tide_csv_sink *)base, err);
}

static tide_code reset_inside(tide_csv_sink *sink, tide_error *err)
{
    TIDE_TRY(tide_store_refuse_rivals(&sink->store, err));
    TIDE_TRY(tide_csv_remove_parts(sink, err));
    return tide_store_forget(&sink->store, err);
}

static tide_code accept_inside(tide_csv_sink *sink, tide_error *err)
{
    TIDE_TRY(tide_store_refuse_rivals(&sink->store, err));
    if (sink->store.target->mode != TIDE_REPLACE) {
        TIDE_TRY(tide_folder_create(sink->folder, err));
    }
    TIDE_TRY(tide_manifest_create(&sink->store.db, err));
    TIDE_TRY(tide_csv_start_anew(sink, err));
    TIDE_TRY(tide_ledger_forget_unit_rows(&sink->store.db, sink->store.target->pipeline, err));
    TIDE_TRY(tide_ledger_accept_rows(&sink->store.db, sink->store.target->pipeline, err));
    return tide_csv_keep_identity(sink, err);
}

static tide_code control(tide_sink *base, tide_code (*inside)(tide_csv_sink *, tide_error *),
                         tide_error *err)
{
    tide_csv_sink *sink = (tide_csv_sink *)base;
    TIDE_TRY(tide_folder_create(sink->directory, err));
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

static tide_code state_rewind(tide_sink *base, const tide_rewind *rewind, tide_rewound *done,
                              tide_error *err)
{
    return tide_csv_rewind((tide_csv_sink *)base, rewind, done, err);
}

static void close_sink(tide_sink *base)
{
    tide_csv_sink *sink = (tide_csv_sink *)base;
    tide_csv_encoder_clear(&sink->encoder);
    tide_store_close(&sink->store);
    tide_arena_clear(&sink->paths);
    tide_free(sink);
}

static const tide_sink_vtable sink_vtable = {
    .check = check,
    .settle = settle,
    .read_runs = tide_store_read_runs,
    .read_marks = tide_store_read_marks,
    .begin = begin,
    .open_worker = open_worker,
    .close_worker = close_worker,
    .read_states = read_states,
    .load = load,
    .abandon = tide_csv_abandon,
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

static tide_code check_name(const char *table, tide_error *err)
{
    if (table[0] == '\0' || table[0] == '.' || strchr(table, '/') != NULL ||
        strncmp(table, "tidemill.", 9) == 0) {
        return TIDE_FAIL(err, TIDE_E_NAME,
                         "`%s` can't be the name of a set of CSV files: it becomes a folder, and "
                         "may hold no `/` and not begin with `.` or `tidemill.`",
                         table);
    }
    return TIDE_OK;
}

static tide_code init(tide_csv_sink *sink, const tide_csv_options *options,
                      const tide_target *target, tide_error *err)
{
    const char *path = tide_arena_format(&sink->paths, "%s/" TIDE_CSV_LEDGER, options->directory);
    sink->directory = tide_arena_copy_string(&sink->paths, options->directory);
    sink->folder = tide_arena_format(&sink->paths, "%s/%s", options->directory, target->table);
    if (path == NULL || sink->directory == NULL || sink->folder == NULL) {
        return TIDE_FAIL_MEMORY(err, "paths of a CSV sink");
    }
    tide_store_options store_options = {path, options->busy_ms};
    TIDE_TRY(tide_csv_encoder_init(&sink->encoder, target->output, err));
    tide_code code = tide_store_open(&sink->store, &store_options, target, err);
    if (code != TIDE_OK) {
        tide_csv_encoder_clear(&sink->encoder);
    }
    return code;
}

tide_code tide_csv_sink_open(const tide_csv_options *options, const tide_target *target,
                             tide_sink **sink, tide_error *err)
{
    TIDE_TRY(check_name(target->table, err));
    if (options->directory[0] == '\0') {
        return TIDE_FAIL(err, TIDE_E_CONNECTION, "a CSV sink needs a directory");
    }
    tide_csv_sink *made = tide_alloc_zero(1, sizeof *made);
    if (made == NULL) {
        return TIDE_FAIL_MEMORY(err, "a CSV sink");
    }
    tide_arena_init(&made->paths);
    tide_code code = init(made, options, target, err);
    if (code != TIDE_OK) {
        tide_arena_clear(&made->paths);
        tide_free(made);
        return code;
    }
    made->store.sink = (tide_sink){.vtable = &sink_vtable, .kind = "csv"};
    *sink = &made->store.sink;
    return TIDE_OK;
}
