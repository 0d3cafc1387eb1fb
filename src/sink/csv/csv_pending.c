/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/csv/csv_pending.h"

#include <inttypes.h>
#include <string.h>

#include "sink/csv/part_file.h"

/* Under its own name there may still be the one that it replaces. */
tide_code tide_csv_part_size(const char *folder, const tide_manifest_file *file, int64_t *size,
                             tide_error *err)
{
    const char *names[] = {file->temporary, file->name};
    tide_text path;
    tide_text_init(&path);
    *size = -1;
    for (int i = 0; i < 2 && *size < 0; i++) {
        if (names[i] != NULL) {
            tide_text_reset(&path);
            tide_text_append_format(&path, "%s/%s", folder, names[i]);
            *size = tide_path_size(tide_text_c(&path));
        }
    }
    tide_code code = tide_text_failed(&path) ? TIDE_FAIL_MEMORY(err, "a path") : TIDE_OK;
    tide_text_clear(&path);
    return code;
}

/* What a folder has of the committed parts. */
typedef struct holding {
    const char *folder;
    bool any, all;
} holding;

static tide_code look_for_part(void *context, const tide_manifest_file *file, tide_error *err)
{
    holding *held = context;
    int64_t size;
    if (file->is_staged) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_csv_part_size(held->folder, file, &size, err));
    held->any = held->any || size >= 0;
    held->all = held->all && size == file->byte_count;
    return TIDE_OK;
}

static tide_code look_into(const tide_csv_place *place, const char *folder, holding *held,
                           tide_error *err)
{
    *held = (holding){.folder = folder, .all = true};
    return tide_manifest_visit(place->db, place->pipeline, look_for_part, held, err);
}

/* Only parts tell whether a folder was moved: one of the old name may have been left, or made. */
static tide_code is_in(const tide_csv_place *place, const char *committed, bool *is,
                       tide_error *err)
{
    holding held;
    TIDE_TRY(look_into(place, place->folder, &held, err));
    *is = false;
    if (held.any && held.all) {
        return TIDE_OK;
    }
    TIDE_TRY(look_into(place, committed, &held, err));
    *is = held.any;
    return TIDE_OK;
}

tide_code tide_csv_place_of(tide_csv_sink *sink, const tide_pipeline_row *row,
                            tide_csv_place *place, tide_error *err)
{
    *place = (tide_csv_place){.db = &sink->store.db,
                              .pipeline = sink->store.target->pipeline,
                              .directory = sink->directory,
                              .folder = sink->folder,
                              .swap = row->swap};
    if (row->table == NULL) {
        return TIDE_OK;
    }
    const char *committed = tide_arena_format(&sink->paths, "%s/%s", sink->directory, row->table);
    if (committed == NULL) {
        return TIDE_FAIL_MEMORY(err, "a path");
    }
    bool is_there = row->swap != NULL;
    if (!is_there) {
        TIDE_TRY(is_in(place, committed, &is_there, err));
    }
    place->folder = is_there ? committed : place->folder;
    return TIDE_OK;
}

bool tide_csv_is_own_place(const tide_csv_sink *sink, const tide_csv_place *place)
{
    return strcmp(place->folder, sink->folder) == 0;
}

/* Committed files that a folder holds under one of their names. */
typedef struct file_count {
    const char *folder;
    bool by_temporary;
    int64_t count;
} file_count;

static tide_code count_file(void *context, const tide_manifest_file *file, tide_error *err)
{
    file_count *found = context;
    const char *name = found->by_temporary ? file->temporary : file->name;
    if (file->is_staged || name == NULL) {
        return TIDE_OK;
    }
    tide_text path;
    tide_text_init(&path);
    tide_text_append_format(&path, "%s/%s", found->folder, name);
    tide_code code = tide_text_failed(&path) ? TIDE_FAIL_MEMORY(err, "a path") : TIDE_OK;
    found->count += code == TIDE_OK && tide_path_size(tide_text_c(&path)) >= 0;
    tide_text_clear(&path);
    return code;
}

tide_code tide_csv_is_unswapped(const tide_csv_place *place, bool *is_unswapped, tide_error *err)
{
    tide_text staging;
    tide_text_init(&staging);
    tide_text_append_format(&staging, "%s/%s", place->directory, place->swap);
    file_count found = {.folder = tide_text_c(&staging)};
    tide_code code = tide_text_failed(&staging)
                         ? TIDE_FAIL_MEMORY(err, "a path")
                         : tide_manifest_visit(place->db, place->pipeline, count_file, &found, err);
    *is_unswapped = found.count > 0;
    tide_text_clear(&staging);
    return code;
}

/* Without an exchange, there is a moment between two renames when the folder is nowhere. */
static void tell_unswapped(const tide_csv_place *place, tide_text *pending)
{
    if (tide_path_is_folder(place->folder)) {
        tide_text_append_format(pending,
                                "the files of the last complete run are committed, but %s still "
                                "holds those of the run before: the next `tidemill run` begins by "
                                "putting them there\n",
                                place->folder);
    } else {
        tide_text_append_format(pending,
                                "the files of the last complete run are committed, but %s is not "
                                "there yet, and they are in %s/%s: the next `tidemill run` begins "
                                "by putting them there\n",
                                place->folder, place->directory, place->swap);
    }
}

/* The predecessors are where the new files were, or aside where the file system can't exchange. */
static void tell_kept(const tide_csv_place *place, const char *kept, tide_text *pending)
{
    if (tide_path_is_folder(kept)) {
        tide_text_append_format(pending,
                                "%s holds the files of the last complete run, but those of the run "
                                "before are still kept in %s: the next `tidemill run` begins by "
                                "removing them\n",
                                place->folder, kept);
    }
}

static tide_code tell_swap(const tide_csv_place *place, tide_text *pending, tide_error *err)
{
    bool is_unswapped = false;
    TIDE_TRY(tide_csv_is_unswapped(place, &is_unswapped, err));
    if (is_unswapped) {
        tell_unswapped(place, pending);
        return TIDE_OK;
    }
    tide_text kept;
    tide_text_init(&kept);
    tide_text_append_format(&kept, "%s/%s", place->directory, place->swap);
    tell_kept(place, tide_text_c(&kept), pending);
    tide_text_append(&kept, TIDE_CSV_ASIDE);
    tell_kept(place, tide_text_c(&kept), pending);
    tide_code code = tide_text_failed(&kept) ? TIDE_FAIL_MEMORY(err, "a path") : TIDE_OK;
    tide_text_clear(&kept);
    return code;
}

tide_code tide_csv_tell_pending(const tide_csv_place *place, tide_text *pending, tide_error *err)
{
    if (place->swap != NULL) {
        return tell_swap(place, pending, err);
    }
    file_count unnamed = {.folder = place->folder, .by_temporary = true};
    TIDE_TRY(tide_manifest_visit(place->db, place->pipeline, count_file, &unnamed, err));
    if (unnamed.count > 0) {
        tide_text_append_format(pending,
                                "committed part files in %s that have not got their names yet: "
                                "%" PRId64
                                ". A run that goes on, or the next `tidemill run`, gives them\n",
                                place->folder, unnamed.count);
    }
    return TIDE_OK;
}
