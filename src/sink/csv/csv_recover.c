/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery and the swap of generations. Everything here may be repeated: it looks at what is there
 * and does what is left to do. */
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/problem.h"
#include "sink/csv/csv_folder.h"
#include "sink/csv/csv_parts.h"
#include "sink/csv/csv_pending.h"

/* FOLDER/NAME; owned by the arena of paths. NULL: out of memory. */
static const char *join(tide_csv_sink *sink, const char *folder, const char *name)
{
    return tide_arena_format(&sink->paths, "%s/%s", folder, name);
}

/* Calls act with the place of what is committed. */
static tide_code at_place(tide_csv_sink *sink,
                          tide_code (*act)(tide_csv_sink *, const tide_csv_place *, tide_error *),
                          tide_error *err)
{
    tide_pipeline_row row;
    tide_csv_place place;
    TIDE_TRY(tide_ledger_read_pipeline(&sink->store.db, sink->store.target->pipeline, &row, err));
    tide_code code = tide_csv_place_of(sink, &row, &place, err);
    if (code == TIDE_OK) {
        code = act(sink, &place, err);
    }
    tide_pipeline_row_clear(&row);
    return code;
}

typedef struct renaming {
    tide_csv_sink *sink;
    const char *folder;
} renaming;

static tide_code rename_file(void *context, const tide_manifest_file *file, tide_error *err)
{
    const renaming *in = context;
    if (file->is_staged || file->temporary == NULL) {
        return TIDE_OK;
    }
    const char *from = join(in->sink, in->folder, file->temporary);
    const char *to = join(in->sink, in->folder, file->name);
    if (from == NULL || to == NULL) {
        return TIDE_FAIL_MEMORY(err, "a path");
    }
    return file->replaces ? tide_path_replace_once(from, to, err)
                          : tide_path_rename_once(from, to, err);
}

static tide_code rename_files(tide_csv_sink *sink, const tide_csv_place *place, tide_error *err)
{
    renaming in = {sink, place->folder};
    TIDE_TRY(tide_manifest_visit(place->db, place->pipeline, rename_file, &in, err));
    if (tide_path_is_folder(place->folder)) {
        TIDE_TRY(tide_folder_sync(place->folder, err));
    }
    return sqlite3_get_autocommit(place->db->handle) != 0
               ? TIDE_OK
               : tide_manifest_settle(place->db, place->pipeline, err);
}

tide_code tide_csv_finish_renames(tide_csv_sink *sink, tide_error *err)
{
    return at_place(sink, rename_files, err);
}

/* What is in the folder goes with the generation before: it has to be ours. */
static tide_code refuse_stranger(const tide_csv_place *place, tide_error *err)
{
    tide_csv_entry stranger;
    TIDE_TRY(tide_csv_find_stranger(place->folder, &stranger, err));
    return stranger.name[0] == '\0'
               ? TIDE_OK
               : TIDE_FAIL(err, TIDE_E_TABLE_UNFIT,
                           "%s holds %s, which is not Tidemill's, so the committed files in %s/%s "
                           "can't take its place: move it elsewhere and run the same command "
                           "again; nothing is lost",
                           place->folder, stranger.name, place->directory, place->swap);
}

static tide_code swap(tide_csv_sink *sink, const tide_csv_place *place, tide_error *err)
{
    if (place->swap == NULL) {
        return TIDE_OK;
    }
    const char *staging = join(sink, place->directory, place->swap);
    const char *aside =
        tide_arena_format(&sink->paths, "%s/%s" TIDE_CSV_ASIDE, place->directory, place->swap);
    bool is_unswapped = false;
    if (staging == NULL || aside == NULL) {
        return TIDE_FAIL_MEMORY(err, "a path");
    }
    TIDE_TRY(tide_csv_is_unswapped(place, &is_unswapped, err));
    if (is_unswapped) {
        TIDE_TRY(refuse_stranger(place, err));
        TIDE_TRY(tide_folder_exchange(staging, place->folder, aside, err));
    }
    TIDE_FAULT_POINT("csv.swap.after");
    TIDE_TRY(tide_csv_remove_folder(staging, err));
    TIDE_TRY(tide_csv_remove_folder(aside, err));
    return tide_ledger_write_swap(place->db, place->pipeline, NULL, err);
}

tide_code tide_csv_finish_swap(tide_csv_sink *sink, tide_error *err)
{
    return at_place(sink, swap, err);
}

static tide_code forget_missing(tide_csv_sink *sink, const tide_csv_place *place, tide_error *err)
{
    return tide_csv_forget_missing(sink, place->folder, sink->folder, err);
}

/* Where the pipeline has another folder now, parts get their names in the one before, and are left
 * there; a replace may yet be taken back before it has committed anything. */
tide_code tide_csv_start_anew(tide_csv_sink *sink, tide_error *err)
{
    TIDE_TRY(tide_csv_finish_swap(sink, err));
    TIDE_TRY(at_place(sink, forget_missing, err));
    TIDE_TRY(tide_csv_finish_renames(sink, err));
    return sink->store.target->mode == TIDE_REPLACE
               ? TIDE_OK
               : tide_csv_forget_missing(sink, sink->folder, NULL, err);
}

static tide_code remove_temporaries(tide_csv_sink *sink, const tide_csv_place *place,
                                    tide_error *err)
{
    TIDE_TRY(tide_csv_remove_temporaries(place->folder, err));
    return tide_csv_remove_temporaries(sink->folder, err);
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
    return path == NULL ? TIDE_FAIL_MEMORY(err, "a path") : tide_csv_remove_folder(path, err);
}

tide_code tide_csv_recover(tide_csv_sink *sink, tide_error *err)
{
    const char *pipeline = sink->store.target->pipeline;
    TIDE_FAULT_POINT("csv.recover");
    TIDE_TRY(tide_csv_finish_swap(sink, err));
    TIDE_TRY(tide_csv_finish_renames(sink, err));
    TIDE_TRY(tide_manifest_forget(&sink->store.db, pipeline, true, err));
    TIDE_TRY(at_place(sink, remove_temporaries, err));
    return tide_folder_visit(sink->directory, remove_staging, sink, err);
}

/* The new generation takes the place of the old one in the manifest; the folders follow. Until now
 * other pipelines may not have known which folder that is: one may have begun to write it. */
static tide_code commit_staged(tide_csv_sink *sink, tide_error *err)
{
    tide_store *store = &sink->store;
    const char *pipeline = store->target->pipeline;
    if (store->target->mode == TIDE_REPLACE) {
        TIDE_TRY(tide_store_refuse_rivals(store, err));
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
