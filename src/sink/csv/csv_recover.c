/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery and the swap of generations. Everything here may be repeated: it looks at what is there
 * and does what is left to do. */
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "sink/csv/csv_parts.h"
#include "sink/csv/csv_pending.h"

/* "part-<digits>-<digits>.csv", or ".part-<digits>-<digits>.<digits>.tmp". */
bool tide_csv_is_part(const char *name, bool temporary)
{
    static const char digits[] = "0123456789";
    const char *prefix = temporary ? ".part-" : "part-";
    if (strncmp(name, prefix, strlen(prefix)) != 0) {
        return false;
    }
    const char *at = name + strlen(prefix);
    at += strspn(at, digits);
    if (*at++ != '-') {
        return false;
    }
    at += strspn(at, digits);
    if (temporary) {
        if (*at++ != '.') {
            return false;
        }
        at += strspn(at, digits);
    }
    return strcmp(at, temporary ? ".tmp" : ".csv") == 0;
}

/* FOLDER/NAME; owned by the arena of paths. NULL: out of memory. */
static const char *join(tide_csv_sink *sink, const char *folder, const char *name)
{
    return tide_arena_format(&sink->paths, "%s/%s", folder, name);
}

static tide_code rename_file(void *context, const tide_manifest_file *file, tide_error *err)
{
    tide_csv_sink *sink = context;
    if (file->is_staged || file->temporary == NULL) {
        return TIDE_OK;
    }
    const char *from = join(sink, sink->folder, file->temporary);
    const char *to = join(sink, sink->folder, file->name);
    if (from == NULL || to == NULL) {
        return TIDE_FAIL_MEMORY(err, "a path");
    }
    return tide_path_rename_once(from, to, err);
}

tide_code tide_csv_finish_renames(tide_csv_sink *sink, tide_error *err)
{
    tide_db *db = &sink->store.db;
    const char *pipeline = sink->store.target->pipeline;
    TIDE_TRY(tide_manifest_visit(db, pipeline, rename_file, sink, err));
    if (tide_path_is_folder(sink->folder)) {
        TIDE_TRY(tide_folder_sync(sink->folder, err));
    }
    return sqlite3_get_autocommit(db->handle) != 0 ? TIDE_OK
                                                   : tide_manifest_settle(db, pipeline, err);
}

static tide_code swap(tide_csv_sink *sink, const char *entry, tide_error *err)
{
    tide_csv_place place = tide_csv_place_of(sink, entry);
    const char *staging = join(sink, sink->directory, entry);
    const char *aside =
        tide_arena_format(&sink->paths, "%s/%s" TIDE_CSV_ASIDE, sink->directory, entry);
    bool is_unswapped = false;
    if (staging == NULL || aside == NULL) {
        return TIDE_FAIL_MEMORY(err, "a path");
    }
    TIDE_TRY(tide_csv_is_unswapped(&place, &is_unswapped, err));
    if (is_unswapped) {
        TIDE_TRY(tide_folder_exchange(staging, sink->folder, aside, err));
    }
    TIDE_FAULT_POINT("csv.swap.after");
    TIDE_TRY(tide_folder_remove(staging, err));
    TIDE_TRY(tide_folder_remove(aside, err));
    return tide_ledger_write_swap(&sink->store.db, sink->store.target->pipeline, NULL, err);
}

tide_code tide_csv_finish_swap(tide_csv_sink *sink, tide_error *err)
{
    tide_pipeline_row row;
    TIDE_TRY(tide_ledger_read_pipeline(&sink->store.db, sink->store.target->pipeline, &row, err));
    tide_code code = row.swap == NULL ? TIDE_OK : swap(sink, row.swap, err);
    tide_pipeline_row_clear(&row);
    return code;
}

static tide_code remove_temporary(void *context, const char *name, tide_error *err)
{
    tide_csv_sink *sink = context;
    if (!tide_csv_is_part(name, true)) {
        return TIDE_OK;
    }
    const char *path = join(sink, sink->folder, name);
    return path == NULL ? TIDE_FAIL_MEMORY(err, "a path") : tide_path_remove(path, err);
}

tide_code tide_csv_remove_temporaries(tide_csv_sink *sink, tide_error *err)
{
    return tide_folder_visit(sink->folder, remove_temporary, sink, err);
}

/* ".<table>.stage-<digits>" of an execution that was killed. */
static tide_code remove_staging(void *context, const char *name, tide_error *err)
{
    tide_csv_sink *sink = context;
    const char *table = sink->store.target->table;
    size_t length = strlen(table);
    if (name[0] != '.' || strncmp(name + 1, table, length) != 0 ||
        strncmp(name + 1 + length, ".stage-", 7) != 0) {
        return TIDE_OK;
    }
    const char *number = name + 1 + length + 7;
    if (number[strspn(number, "0123456789")] != '\0') {
        return TIDE_OK;
    }
    const char *path = join(sink, sink->directory, name);
    return path == NULL ? TIDE_FAIL_MEMORY(err, "a path") : tide_folder_remove(path, err);
}

tide_code tide_csv_recover(tide_csv_sink *sink, tide_error *err)
{
    const char *pipeline = sink->store.target->pipeline;
    TIDE_FAULT_POINT("csv.recover");
    TIDE_TRY(tide_csv_finish_swap(sink, err));
    TIDE_TRY(tide_csv_finish_renames(sink, err));
    TIDE_TRY(tide_manifest_forget(&sink->store.db, pipeline, true, err));
    TIDE_TRY(tide_csv_remove_temporaries(sink, err));
    return tide_folder_visit(sink->directory, remove_staging, sink, err);
}

/* The new generation takes the place of the old one in the manifest; the folders follow. */
static tide_code commit_staged(tide_csv_sink *sink, tide_error *err)
{
    tide_store *store = &sink->store;
    const char *pipeline = store->target->pipeline;
    if (store->target->mode == TIDE_REPLACE) {
        TIDE_TRY(tide_csv_stage_header(sink, err));
        TIDE_TRY(tide_folder_sync(sink->staging, err));
        TIDE_TRY(tide_folder_sync(sink->directory, err));
        TIDE_TRY(tide_manifest_forget(&store->db, pipeline, false, err));
        TIDE_TRY(tide_ledger_write_swap(&store->db, pipeline,
                                        sink->staging + strlen(sink->directory) + 1, err));
        TIDE_TRY(tide_csv_keep_identity(sink, err));
    }
    return tide_manifest_commit_staged(&store->db, pipeline, err);
}

static tide_code finish_inside(tide_csv_sink *sink, const tide_run_row *run, tide_error *err)
{
    if (tide_store_is_staged(&sink->store)) {
        TIDE_TRY(commit_staged(sink, err));
    } else {
        TIDE_TRY(tide_csv_finish_renames(sink, err));
    }
    TIDE_FAULT_POINT("csv.finish.before");
    return tide_store_finish_run(&sink->store, run, err);
}

static tide_code settle_inside(tide_csv_sink *sink, tide_error *err)
{
    TIDE_TRY(tide_csv_finish_swap(sink, err));
    return tide_csv_finish_renames(sink, err);
}

tide_code tide_csv_settle(tide_csv_sink *sink, tide_error *err)
{
    TIDE_TRY(tide_store_enter(&sink->store, err));
    return tide_store_end(&sink->store, settle_inside(sink, err), err);
}

tide_code tide_csv_finish(tide_csv_sink *sink, const tide_run_row *run, tide_load_result *result,
                          tide_error *err)
{
    *result = (tide_load_result){0};
    TIDE_TRY(tide_store_enter(&sink->store, err));
    TIDE_TRY(tide_store_end(&sink->store, finish_inside(sink, run, err), err));
    TIDE_FAULT_POINT("csv.finish.after");
    if (!tide_store_is_staged(&sink->store)) {
        return TIDE_OK;
    }
    tide_code code = tide_csv_settle(sink, err);
    if (code != TIDE_OK) {
        (void)tide_error_context(err,
                                 "all rows are committed, but %s does not show all of them yet; "
                                 "the next `tidemill run` begins by putting them there",
                                 sink->folder);
    }
    return code;
}
