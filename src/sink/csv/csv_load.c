/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a unit:
 *
 *   outside the lock   rules -> rows to a temporary file -> fsync of it and of its folder
 *   inside             marker -> manifest -> rejects, late rows -> states -> COMMIT
 *   outside            rename
 *
 * The folder's fsync must come before COMMIT: a file whose bytes are on the disk may still have no
 * name there after a power cut. Renames need none of their own, since begin repeats what is lost;
 * finish makes them durable.
 *
 * Parts of a unit go to the same file, which stays open until the last. After COMMIT the unit is
 * committed whatever happens to the rename: it is repeated before the next load, by finish, or by
 * the next begin. */
#include <stdio.h>

#include "base/fault.h"
#include "base/problem.h"
#include "sink/csv/csv_parts.h"
#include "sink/store/refusals.h"

typedef struct unit_load {
    tide_csv_sink *sink;
    tide_unit_parts *parts; /* the worker's, as the next one */
    tide_csv_part *part;
    const tide_unit *unit;
    tide_refusals refusals;
    tide_load_result result; /* of this part */
} unit_load;

static bool is_replace(const tide_csv_sink *sink)
{
    return sink->store.target->mode == TIDE_REPLACE;
}

/* Parts of a new generation have their names from the start: their folder is hidden. The epoch
 * tells them from what a run that has lost its lease may still be writing. */
static tide_code make_names(tide_csv_sink *sink, tide_csv_part *part, tide_error *err)
{
    long long run = (long long)sink->store.run;
    long long number = (long long)tide_atomic_add(&sink->last_part, 1);
    (void)snprintf(part->name, sizeof part->name, "part-%06lld-%06lld.csv", run, number);
    (void)snprintf(part->temporary, sizeof part->temporary, ".part-%06lld-%06lld.%lld.tmp", run,
                   number, (long long)sink->store.epoch);
    int length = snprintf(part->path, sizeof part->path, "%s/%s",
                          is_replace(sink) ? sink->staging : sink->folder,
                          is_replace(sink) ? part->name : part->temporary);
    if (length < 0 || (size_t)length >= sizeof part->path) {
        return TIDE_FAIL(err, TIDE_E_NAME, "the path %s is too long", sink->folder);
    }
    part->entry = (tide_manifest_file){
        .name = part->name,
        .temporary = is_replace(sink) ? NULL : part->temporary,
        .run = sink->store.run,
        .part = number,
        .is_staged = tide_store_is_staged(&sink->store),
    };
    return TIDE_OK;
}

static tide_code open_part(tide_csv_sink *sink, tide_csv_part *part, tide_error *err)
{
    if (part->open) {
        return TIDE_OK;
    }
    TIDE_TRY(make_names(sink, part, err));
    TIDE_TRY(tide_part_file_create(&part->file, part->path, err));
    part->open = true;
    tide_text_append_str(&part->file.buffer,
                         (tide_str){sink->encoder.header.data, sink->encoder.header.size});
    return TIDE_OK;
}

static tide_code finish_part(tide_csv_part *part, tide_error *err)
{
    if (!part->open) {
        return TIDE_OK;
    }
    tide_code code = tide_part_file_finish(&part->file, err);
    part->entry.byte_count = part->file.byte_count;
    return code;
}

/* A new generation's folder is synced as a whole before it is committed. */
static tide_code sync_name(const tide_csv_sink *sink, const tide_csv_part *part, tide_error *err)
{
    return part->open && !is_replace(sink) ? tide_folder_sync(sink->folder, err) : TIDE_OK;
}

static void end_part(tide_csv_part *part, bool keep)
{
    if (part->open) {
        tide_part_file_end(&part->file, keep);
        part->open = false;
    }
}

static tide_code write_chunk(unit_load *load, size_t chunk, tide_error *err)
{
    tide_csv_part *part = load->part;
    const tide_column *columns = tide_refusals_columns(&load->refusals, chunk);
    int64_t rows = tide_batch_row_count(&load->unit->chunks[chunk].batch);
    const tide_cancel *cancel = load->sink->store.target->cancel;
    if (cancel != NULL && tide_cancel_get(cancel) >= TIDE_STOP_NOW) {
        return TIDE_FAIL(err, TIDE_CANCELLED, "stopped while writing unit %s: rolled back",
                         load->unit->name);
    }
    for (int64_t row = 0; row < rows; row++) {
        if (!tide_refusals_has(&load->refusals, chunk, row)) {
            tide_csv_encode_row(&load->sink->encoder, columns, row, &part->file.buffer);
            part->entry.row_count++;
            TIDE_TRY(tide_part_file_flush(&part->file, err));
        }
    }
    return TIDE_OK;
}

/* What the parts before and this one did, in the worker's. */
static tide_code add_to_parts(unit_load *load, int64_t rows, tide_error *err)
{
    load->result.refused = load->refusals.count;
    load->result.loaded = rows - load->refusals.count;
    load->parts->row_count += rows;
    load->parts->result.loaded += load->result.loaded;
    load->parts->result.refused += load->result.refused;
    return tide_reject_list_append(&load->parts->rejects, &load->unit->rejects, err);
}

static tide_code write_rows(unit_load *load, tide_error *err)
{
    tide_row_rules rules = {.refuses_nan = false};
    int64_t rows = tide_unit_row_count(load->unit);
    TIDE_TRY(tide_refusals_apply(&load->refusals, &rules, err));
    TIDE_TRY(add_to_parts(load, rows, err));
    if (load->result.loaded > 0) {
        TIDE_TRY(open_part(load->sink, load->part, err));
    }
    for (size_t chunk = 0; load->result.loaded > 0 && chunk < load->unit->chunk_count; chunk++) {
        TIDE_TRY(write_chunk(load, chunk, err));
    }
    return TIDE_OK;
}

/* Inside the transaction, up to COMMIT. */
static tide_code write_unit(unit_load *load, bool *over, tide_error *err)
{
    tide_store *store = &load->sink->store;
    *over = tide_store_over_rejects(store, load->parts->rejects.count);
    if (*over) {
        return TIDE_OK;
    }
    if (load->part->open) {
        TIDE_TRY(tide_manifest_add(&store->db, store->target->pipeline, &load->part->entry, err));
    }
    return tide_store_write_unit(store, load->unit, load->parts, err);
}

static tide_code commit_unit(unit_load *load, bool *committed, tide_error *err)
{
    TIDE_FAULT_POINT("csv.manifest.before");
    tide_code code = tide_store_commit_unit(&load->sink->store, load->unit->name, load->parts, err);
    TIDE_FAULT_POINT("csv.manifest.after");
    *committed = code == TIDE_OK;
    return code;
}

/* The unit was committed before: results of its parts add up to what its marker says. */
static void take_marker(unit_load *load, const tide_load_result *marked)
{
    load->result.loaded += marked->loaded - load->parts->result.loaded;
    load->result.refused += marked->refused - load->parts->result.refused;
}

/* In the transaction, which it ends. *committed: the file belongs to the manifest now. */
static tide_code run_transaction(unit_load *load, bool *committed, tide_error *err)
{
    tide_store *store = &load->sink->store;
    tide_load_result marked = {0};
    bool done = false;
    bool over = false;
    tide_code code =
        tide_store_mark_unit(store, load->unit->name, load->parts->row_count, &marked, &done, err);
    if (code == TIDE_OK && !done) {
        code = write_unit(load, &over, err);
    }
    if (code == TIDE_OK && !done && !over) {
        return commit_unit(load, committed, err);
    }
    tide_store_abort(store);
    if (code == TIDE_OK && done) {
        take_marker(load, &marked);
    }
    return code == TIDE_OK && over
               ? tide_store_fail_over_rejects(store, load->unit->name, &load->parts->rejects, err)
               : code;
}

static tide_code rename_part(const tide_csv_sink *sink, const tide_csv_part *part, tide_error *err)
{
    char path[TIDE_PART_PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", sink->folder, part->name);
    return tide_path_rename_once(part->path, path, err);
}

/* The unit is committed: a failure to rename is not its failure. */
static void give_name(tide_csv_sink *sink, const tide_csv_part *part)
{
    tide_error err;
    if (part->open && !part->entry.is_staged && rename_part(sink, part, &err) != TIDE_OK) {
        tide_atomic_set(&sink->rename_failed, 1);
    }
}

static tide_code repeat_renames(tide_csv_sink *sink, tide_error *err)
{
    if (tide_atomic_get(&sink->rename_failed) == 0) {
        return TIDE_OK;
    }
    tide_mutex_lock(&sink->store.lock);
    tide_code code = tide_csv_finish_renames(sink, err);
    tide_mutex_unlock(&sink->store.lock);
    if (code == TIDE_OK) {
        tide_atomic_set(&sink->rename_failed, 0);
    }
    return code;
}

static tide_code commit_last_part(unit_load *load, tide_error *err)
{
    bool committed = false;
    TIDE_TRY(finish_part(load->part, err));
    TIDE_TRY(sync_name(load->sink, load->part, err));
    TIDE_TRY(tide_store_enter(&load->sink->store, err));
    TIDE_TRY(run_transaction(load, &committed, err));
    if (committed) {
        give_name(load->sink, load->part);
    }
    end_part(load->part, committed);
    tide_unit_parts_reset(load->parts);
    return TIDE_OK;
}

static tide_code load_part(unit_load *load, tide_error *err)
{
    TIDE_TRY(write_rows(load, err));
    if (!load->unit->continues) {
        return commit_last_part(load, err);
    }
    if ((int64_t)load->parts->rejects.count > load->sink->store.target->max_rejects) {
        return tide_store_fail_over_rejects(&load->sink->store, load->unit->name,
                                            &load->parts->rejects, err); /* no need to go on */
    }
    load->parts->open = true;
    return TIDE_OK;
}

tide_code tide_csv_load(tide_sink_worker *worker, const tide_unit *unit, tide_load_result *result,
                        tide_error *err)
{
    unit_load load = {
        .sink = worker->sink, .parts = &worker->parts, .part = &worker->part, .unit = unit};
    *result = (tide_load_result){0};
    TIDE_TRY(repeat_renames(worker->sink, err));
    TIDE_TRY(tide_refusals_init(&load.refusals, unit, worker->parts.row_count,
                                &worker->parts.rejects, err));
    tide_code code = load_part(&load, err);
    tide_refusals_clear(&load.refusals);
    if (code == TIDE_OK) {
        *result = load.result;
    } else {
        tide_csv_abandon(worker);
    }
    return code;
}

void tide_csv_abandon(tide_sink_worker *worker)
{
    end_part(&worker->part, false);
    tide_unit_parts_reset(&worker->parts);
}

static tide_code write_header(tide_csv_sink *sink, tide_csv_part *part, tide_error *err)
{
    TIDE_TRY(open_part(sink, part, err));
    TIDE_TRY(finish_part(part, err));
    return tide_manifest_add(&sink->store.db, sink->store.target->pipeline, &part->entry, err);
}

tide_code tide_csv_stage_header(tide_csv_sink *sink, tide_error *err)
{
    tide_csv_part part = {.open = false};
    tide_code code = write_header(sink, &part, err);
    end_part(&part, code == TIDE_OK);
    return code;
}
