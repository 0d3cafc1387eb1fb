/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a file set back to the end of a day: each part with rows of later days is written anew
 * without them, under a temporary name.
 *
 *   inside    parts -> temporary files, fsync -> manifest, rejects, states, run -> COMMIT
 *   outside   rename over the old parts -> fsync of the folder
 *
 * A part keeps its name, so readers see the old or the new one, and what is renamed late is renamed
 * by the next begin, as a part that is new. One that has no rows left keeps its header. Everything
 * lies in one transaction, since the lease is held by that alone: pipelines that share the
 * directory wait meanwhile. */
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "sink/csv/csv_folder.h"
#include "sink/csv/csv_parts.h"
#include "sink/csv/part_reader.h"
#include "sink/store/stored_cell.h"

typedef struct part_entry {
    const char *name; /* the arena's */
    int64_t row_count;
} part_entry;

typedef struct csv_rewind {
    tide_csv_sink *sink;
    const tide_rewind *rewind;
    tide_rewound *done;
    part_entry *parts; /* owned */
    size_t count, capacity;
    int64_t rows_left;
    bool recovered; /* else temporary files may be committed parts that wait for their names */
} csv_rewind;

static tide_code gather_part(void *context, const tide_manifest_file *file, tide_error *err)
{
    csv_rewind *r = context;
    TIDE_TRY(tide_grow((void **)&r->parts, &r->capacity, r->count + 1, sizeof *r->parts, err));
    const char *name = tide_arena_copy_string(&r->sink->paths, file->name);
    if (name == NULL) {
        return TIDE_FAIL_MEMORY(err, "the name of a part");
    }
    r->parts[r->count++] = (part_entry){name, file->row_count};
    return TIDE_OK;
}

/* A part that is being read, and where its records have their day. */
typedef struct part_scan {
    tide_part_reader reader;
    tide_str header; /* borrowed until the next record */
    size_t day_cell;
} part_scan;

static tide_code find_day(const csv_rewind *r, part_scan *scan, tide_error *err)
{
    const tide_target *target = r->sink->store.target;
    tide_str name = tide_str_of(target->output->fields[target->day_column].name);
    tide_str cell;
    for (size_t i = 0; tide_part_find_cell(scan->header, i, &cell); i++) {
        if (cell.size == name.size && memcmp(cell.data, name.data, name.size) == 0) {
            scan->day_cell = i;
            return TIDE_OK;
        }
    }
    return TIDE_FAIL(err, TIDE_BAD_DATA,
                     "%s has no column %s, so nobody knows the days of its rows; start over: "
                     "`tidemill state %s reset`",
                     scan->reader.path, name.data, target->pipeline);
}

/* To be closed in either case. */
static tide_code open_scan(const csv_rewind *r, const char *path, part_scan *scan, tide_error *err)
{
    TIDE_TRY(tide_part_reader_open(&scan->reader, path, err));
    TIDE_TRY(tide_part_reader_next(&scan->reader, &scan->header, err));
    return find_day(r, scan, err);
}

static bool stays(const csv_rewind *r, const part_scan *scan, tide_str record)
{
    tide_str cell;
    int32_t day;
    return !tide_part_find_cell(record, scan->day_cell, &cell) ||
           !tide_stored_parse_date(cell, &day) || day <= r->rewind->day;
}

static tide_code count_staying(const csv_rewind *r, part_scan *scan, int64_t *staying,
                               tide_error *err)
{
    tide_str record;
    *staying = 0;
    for (;;) {
        TIDE_TRY(tide_part_reader_next(&scan->reader, &record, err));
        if (record.size == 0) {
            return TIDE_OK;
        }
        *staying += stays(r, scan, record);
    }
}

static tide_code copy_staying(const csv_rewind *r, part_scan *scan, tide_part_file *to,
                              tide_error *err)
{
    tide_str record = scan->header;
    do {
        tide_text_append_str(&to->buffer, record);
        TIDE_TRY(tide_part_file_flush(to, err));
        do {
            TIDE_TRY(tide_part_reader_next(&scan->reader, &record, err));
        } while (record.size > 0 && !stays(r, scan, record));
    } while (record.size > 0);
    return tide_part_file_finish(to, err);
}

typedef struct part_paths {
    char temporary[TIDE_PART_NAME_BYTES];
    const char *old, *new;
} part_paths;

/* "part-1-2.csv" -> ".part-1-2.<epoch>.tmp" */
static tide_code make_paths(const csv_rewind *r, const char *name, part_paths *paths,
                            tide_error *err)
{
    tide_csv_sink *sink = r->sink;
    (void)snprintf(paths->temporary, sizeof paths->temporary, ".%.*s.%lld.tmp",
                   (int)(strlen(name) - strlen(".csv")), name, (long long)sink->store.epoch);
    paths->old = tide_arena_format(&sink->paths, "%s/%s", sink->folder, name);
    paths->new = tide_arena_format(&sink->paths, "%s/%s", sink->folder, paths->temporary);
    return paths->old == NULL || paths->new == NULL ? TIDE_FAIL_MEMORY(err, "a path") : TIDE_OK;
}

static tide_code write_anew(const csv_rewind *r, const part_paths *paths, int64_t *byte_count,
                            tide_error *err)
{
    part_scan scan;
    tide_part_file to;
    tide_code code = open_scan(r, paths->old, &scan, err);
    if (code == TIDE_OK) {
        code = tide_part_file_create(&to, paths->new, err);
        if (code == TIDE_OK) {
            code = copy_staying(r, &scan, &to, err);
            *byte_count = to.byte_count;
            tide_part_file_end(&to, code == TIDE_OK);
        }
    }
    tide_part_reader_close(&scan.reader);
    return code;
}

static tide_code rewind_part(csv_rewind *r, const part_entry *part, tide_error *err)
{
    tide_store *store = &r->sink->store;
    part_paths paths = {0};
    part_scan scan;
    int64_t staying = 0;
    TIDE_TRY(make_paths(r, part->name, &paths, err));
    tide_code code = open_scan(r, paths.old, &scan, err);
    if (code == TIDE_OK) {
        code = count_staying(r, &scan, &staying, err);
    }
    tide_part_reader_close(&scan.reader);
    r->rows_left += staying;
    if (code != TIDE_OK || staying == part->row_count) {
        return code;
    }
    tide_manifest_file entry = {
        .name = part->name, .temporary = paths.temporary, .row_count = staying};
    TIDE_TRY(write_anew(r, &paths, &entry.byte_count, err));
    TIDE_FAULT_POINT("csv.rewind.part");
    r->done->rows_deleted += part->row_count - staying;
    return tide_manifest_replace(&store->db, store->target->pipeline, &entry, err);
}

static tide_code rewind_parts(csv_rewind *r, tide_error *err)
{
    tide_store *store = &r->sink->store;
    TIDE_TRY(tide_manifest_create(&store->db, err));
    TIDE_TRY(tide_csv_recover(r->sink, err));
    r->recovered = true;
    TIDE_TRY(tide_manifest_visit(&store->db, store->target->pipeline, gather_part, r, err));
    for (size_t i = 0; i < r->count; i++) {
        TIDE_TRY(rewind_part(r, &r->parts[i], err));
    }
    r->done->table_empty = r->rows_left == 0;
    return tide_folder_sync(r->sink->folder, err);
}

static tide_code rewind_inside(csv_rewind *r, tide_error *err)
{
    TIDE_TRY(rewind_parts(r, err));
    TIDE_TRY(tide_store_rewind(&r->sink->store, r->rewind, r->done, err));
    TIDE_FAULT_POINT("csv.rewind.before");
    return tide_csv_keep_identity(r->sink, err);
}

/* Committed: should the names be late, the next begin gives them. */
static tide_code give_names(tide_csv_sink *sink, tide_error *err)
{
    TIDE_TRY(tide_store_enter(&sink->store, err));
    return tide_store_end(&sink->store, tide_csv_finish_renames(sink, err), err);
}

tide_code tide_csv_rewind(tide_csv_sink *sink, const tide_rewind *rewind, tide_rewound *done,
                          tide_error *err)
{
    csv_rewind r = {.sink = sink, .rewind = rewind, .done = done};
    *done = (tide_rewound){0};
    TIDE_TRY(tide_store_enter(&sink->store, err));
    tide_code code = rewind_inside(&r, err);
    tide_free(r.parts);
    if (code != TIDE_OK) {
        tide_error ignored; /* what stays is removed by the next begin */
        tide_error_clear(&ignored);
        if (r.recovered) {
            (void)!tide_csv_remove_temporaries(sink->folder, &ignored);
        }
        tide_store_abort(&sink->store);
        return code;
    }
    TIDE_TRY(tide_store_commit(&sink->store, err));
    TIDE_FAULT_POINT("csv.rewind.after");
    return give_names(sink, err);
}
