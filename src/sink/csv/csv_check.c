/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "sink/csv/csv_folder.h"
#include "sink/csv/csv_parts.h"
#include "sink/csv/csv_pending.h"

typedef struct folder_look {
    tide_csv_sink *sink;
    tide_sink_facts *facts;
    bool has_files;     /* that a reader would read */
    bool has_parts;     /* that are committed */
    bool all_there;     /* every committed part has the size that the manifest says */
    char stranger[256]; /* an entry that is not ours, or "" */
} folder_look;

static tide_code look_at_entry(void *context, const char *name, tide_error *err)
{
    folder_look *look = context;
    (void)err;
    look->has_files = look->has_files || name[0] != '.';
    if (!tide_csv_is_ours(name)) {
        (void)strncpy(look->stranger, name, sizeof look->stranger - 1);
    }
    return TIDE_OK;
}

static tide_code look_at_file(void *context, const tide_manifest_file *file, tide_error *err)
{
    folder_look *look = context;
    int64_t size = 0;
    if (file->is_staged) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_csv_part_size(look->sink->folder, file, &size, err));
    look->has_parts = true;
    look->all_there = look->all_there && size == file->byte_count;
    look->has_files = look->has_files || size >= 0;
    return TIDE_OK;
}

static void check_mode(const tide_target *target, tide_text *problems)
{
    if (target->mode == TIDE_MERGE) {
        tide_text_append_format(problems,
                                "%s: CSV has append and replace, no merge: use one of them, or "
                                "SQLite or PostgreSQL\n",
                                target->table);
    } else if (target->key_count > 0) {
        tide_text_append_format(problems,
                                "%s: CSV can't keep one row per key: leave `key` out, or use "
                                "SQLite or PostgreSQL\n",
                                target->table);
    }
}

static void check_folder(tide_csv_sink *sink, const folder_look *look, tide_text *problems)
{
    if (sink->store.target->mode == TIDE_REPLACE && look->stranger[0] != '\0') {
        tide_text_append_format(problems,
                                "replace puts a new folder in the place of %s, which holds %s: "
                                "move it elsewhere\n",
                                sink->folder, look->stranger);
    }
    if (sink->store.target->mode == TIDE_REPLACE && tide_path_is_link(sink->folder)) {
        tide_text_append_format(problems,
                                "replace puts a new folder in the place of %s, which is a symbolic "
                                "link: make it a folder, or link to the folder above it\n",
                                sink->folder);
    }
    if (tide_path_size(sink->folder) >= 0 && !tide_path_is_folder(sink->folder)) {
        tide_text_append_format(problems, "%s is no folder: move it away\n", sink->folder);
    } else if (tide_path_is_folder(sink->directory) && access(sink->directory, W_OK | X_OK) != 0) {
        tide_text_append_format(problems, "%s is not writable\n", sink->directory);
    }
}

/* What was committed can't be swapped in. Of the folder of a replace it was told already. */
static tide_code check_swap(const folder_look *look, const tide_csv_place *place, tide_error *err)
{
    bool is_unswapped = false;
    tide_csv_entry stranger;
    bool is_told =
        tide_csv_is_own_place(look->sink, place) && look->sink->store.target->mode == TIDE_REPLACE;
    if (place->swap == NULL || is_told) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_csv_is_unswapped(place, &is_unswapped, err));
    TIDE_TRY(tide_csv_find_stranger(place->folder, &stranger, err));
    if (is_unswapped && stranger.name[0] != '\0') {
        tide_text_append_format(&look->facts->problems,
                                "the files of the last complete run are to take the place of %s, "
                                "which holds %s: move it elsewhere\n",
                                place->folder, stranger.name);
    }
    return TIDE_OK;
}

/* What was committed before this: the next begin completes it. */
static tide_code look_at_pending(folder_look *look, const tide_pipeline_row *row, tide_error *err)
{
    tide_csv_place place;
    TIDE_TRY(tide_csv_place_of(look->sink, row, &place, err));
    if (row->swap != NULL && tide_csv_is_own_place(look->sink, &place)) {
        look->facts->same_table = row->table_identity != NULL;
        look->has_files = true;
    }
    TIDE_TRY(check_swap(look, &place, err));
    return tide_csv_tell_pending(&place, &look->facts->pending, err);
}

/* A folder may be moved together with what the project file names it; where no part tells, the name
 * does. */
static bool is_same_table(const folder_look *look, const tide_pipeline_row *row)
{
    bool is_named = row->table != NULL && strcmp(row->table, look->sink->store.target->table) == 0;
    return row->table_identity != NULL && row->swap == NULL && look->all_there &&
           (is_named || look->has_parts);
}

static tide_code look_at_store(folder_look *look, tide_error *err)
{
    tide_csv_sink *sink = look->sink;
    tide_pipeline_row row;
    tide_code code = tide_store_check(&sink->store, look->facts, &row, err);
    if (code == TIDE_OK) {
        code = tide_manifest_visit(&sink->store.db, sink->store.target->pipeline, look_at_file,
                                   look, err);
    }
    look->facts->same_table = code == TIDE_OK && is_same_table(look, &row);
    if (code == TIDE_OK) {
        code = look_at_pending(look, &row, err);
    }
    tide_pipeline_row_clear(&row);
    return code;
}

tide_code tide_csv_check(tide_csv_sink *sink, bool connected, tide_sink_facts *facts,
                         tide_error *err)
{
    folder_look look = {.sink = sink, .facts = facts, .all_there = true};
    check_mode(sink->store.target, &facts->problems);
    facts->table_exists = tide_path_is_folder(sink->folder);
    if (facts->table_exists) {
        TIDE_TRY(tide_folder_visit(sink->folder, look_at_entry, &look, err));
    }
    check_folder(sink, &look, &facts->problems);
    if (connected) {
        TIDE_TRY(look_at_store(&look, err));
    }
    facts->table_empty = !look.has_files;
    return tide_text_failed(&facts->problems) || tide_text_failed(&facts->pending)
               ? TIDE_FAIL_MEMORY(err, "what is wrong")
               : TIDE_OK;
}

tide_code tide_csv_remove_parts(tide_csv_sink *sink, tide_error *err)
{
    const char *pipeline = sink->store.target->pipeline;
    TIDE_TRY(tide_manifest_create(&sink->store.db, err));
    TIDE_TRY(tide_csv_start_anew(sink, err));
    TIDE_TRY(tide_csv_remove_ours(sink->folder, err));
    if (tide_path_is_folder(sink->folder)) {
        TIDE_TRY(tide_folder_sync(sink->folder, err));
    }
    TIDE_TRY(tide_manifest_forget(&sink->store.db, pipeline, true, err));
    return tide_manifest_forget(&sink->store.db, pipeline, false, err);
}

/* Names of parts that are gone, gathered first: the manifest is being read meanwhile. */
typedef struct missing_parts {
    tide_csv_sink *sink;
    const char *folder, *other;
    const char **names; /* owned; the strings are the arena's */
    size_t count, capacity;
} missing_parts;

static tide_code gather_missing(void *context, const tide_manifest_file *file, tide_error *err)
{
    missing_parts *missing = context;
    int64_t size = 0;
    TIDE_TRY(tide_csv_part_size(missing->folder, file, &size, err));
    if (size < 0 && missing->other != NULL) {
        TIDE_TRY(tide_csv_part_size(missing->other, file, &size, err));
    }
    if (size >= 0) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_grow((void **)&missing->names, &missing->capacity, missing->count + 1,
                       sizeof *missing->names, err));
    const char *name = tide_arena_copy_string(&missing->sink->paths, file->name);
    if (name == NULL) {
        return TIDE_FAIL_MEMORY(err, "the name of a part");
    }
    missing->names[missing->count++] = name;
    return TIDE_OK;
}

tide_code tide_csv_forget_missing(tide_csv_sink *sink, const char *folder, const char *other,
                                  tide_error *err)
{
    missing_parts missing = {.sink = sink, .folder = folder, .other = other};
    const char *pipeline = sink->store.target->pipeline;
    tide_code code = tide_manifest_visit(&sink->store.db, pipeline, gather_missing, &missing, err);
    for (size_t i = 0; i < missing.count && code == TIDE_OK; i++) {
        code = tide_manifest_forget_file(&sink->store.db, pipeline, missing.names[i], err);
    }
    tide_free(missing.names);
    return code;
}
