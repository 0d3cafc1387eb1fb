/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines from sample files. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"
#include "run/init/init.h"
#include "source/file/csv_records.h"
#include "source/file/file_glob.h"
#include "source/file/lines.h"

/* Of a family, that records are taken from: the first and the last ones tell most. */
#define FILES_MAX 8

typedef struct file_families {
    tide_init *init;
    tide_found_files found; /* sorted by name */
    tide_budget budget;
    tide_profile *profile; /* of the family at hand */
    const char **headers;  /* CSV: fields of the first file, in the profile's arena */
    size_t header_count;
} file_families;

/* "in/orders-2024-03.csv.gz": where the folder ends, the family, and the suffix. */
typedef struct file_name {
    size_t folder, base;
    const char *suffix;
    bool is_csv;
} file_name;

static file_name split_name(const char *name)
{
    char stem[256];
    bool ignored;
    const char *slash = strrchr(name, '/');
    file_name made = {.folder = slash != NULL ? (size_t)(slash + 1 - name) : 0};
    static const char *const suffixes[] = {".csv", ".ndjson", ".jsonl", ".json", NULL};
    made.suffix = name + strlen(name);
    for (size_t i = 0; suffixes[i] != NULL; i++) {
        const char *at = strstr(name + made.folder, suffixes[i]);
        made.suffix = at != NULL && at < made.suffix ? at : made.suffix;
    }
    made.is_csv = strncmp(made.suffix, ".csv", 4) == 0;
    size_t size = (size_t)(made.suffix - name) - made.folder;
    size = size < sizeof stem - 1 ? size : sizeof stem - 1;
    memcpy(stem, name + made.folder, size);
    stem[size] = '\0';
    made.base = tide_init_family_size(stem, &ignored);
    return made;
}

static bool same_family(const char *a, const char *b)
{
    file_name x = split_name(a);
    file_name y = split_name(b);
    return x.folder == y.folder && x.base == y.base && x.is_csv == y.is_csv &&
           strncmp(a, b, x.folder + x.base) == 0;
}

/* Names of one family that differ in the suffix may lie apart. */
static int compare_files(const void *a, const void *b)
{
    const tide_found_file *x = a, *y = b;
    file_name left = split_name(x->name);
    file_name right = split_name(y->name);
    size_t m = left.folder + left.base;
    size_t n = right.folder + right.base;
    int order = strncmp(x->name, y->name, m < n ? m : n);
    order = order == 0 ? (m > n) - (m < n) : order;
    order = order == 0 ? (int)left.is_csv - (int)right.is_csv : order;
    return order != 0 ? order : strcmp(x->name, y->name);
}

static tide_file_place place_of(const tide_found_file *file)
{
    return (tide_file_place){.path = file->path,
                             .name = file->name,
                             .identity = file->identity,
                             .buffer_bytes = 256u << 10};
}

static tide_code add_line(file_families *f, tide_str line, tide_error *err)
{
    const tide_json_node *root = NULL;
    tide_arena arena;
    tide_arena_init(&arena);
    tide_code code = tide_json_tree_parse(&arena, line, &root, err);
    if (code == TIDE_OK) {
        const tide_json_node *source = tide_json_member(root, "_source");
        bool is_hit = source != NULL && tide_json_member(root, "_id") != NULL;
        code = tide_profile_add(f->profile, is_hit ? source : root, err);
    } else if (code != TIDE_OUT_OF_MEMORY) {
        tide_error_clear(err); /* a reject of the run */
        code = TIDE_OK;
    }
    tide_arena_clear(&arena);
    return code;
}

static tide_code sample_lines(file_families *f, const tide_found_file *file, int64_t rows,
                              tide_error *err)
{
    tide_lines lines;
    tide_file_place place = place_of(file);
    tide_line_range range = {0, UINT64_MAX, TIDE_DOCUMENT_BYTES_MAX};
    bool found = true;
    tide_code code = tide_lines_open(&lines, &place, &range, &f->budget, err);
    for (int64_t i = 0; i < rows && code == TIDE_OK && found; i++) {
        tide_line line;
        code = tide_lines_next(&lines, &line, &found, err);
        if (code == TIDE_OK && found && !line.too_long) {
            code = add_line(f, line.text, err);
        }
    }
    tide_lines_close(&lines);
    return code;
}

/* Fields by the header, which is the first record. */
static tide_code read_header(file_families *f, const tide_csv_record *record, const char **names,
                             tide_error *err)
{
    tide_text scratch;
    tide_text_init(&scratch);
    for (size_t i = 0; i < record->field_count; i++) {
        tide_str text = tide_csv_field_text(record, i, &scratch);
        tide_init_field *ignored;
        names[i] = tide_arena_copy_str(&f->profile->arena, text);
        if (names[i] == NULL || tide_text_failed(&scratch)) {
            tide_text_clear(&scratch);
            return TIDE_FAIL_MEMORY(err, "a header");
        }
        tide_code code = tide_profile_field(f->profile, names[i], &ignored, err);
        if (code != TIDE_OK) {
            tide_text_clear(&scratch);
            return code;
        }
    }
    tide_text_clear(&scratch);
    return TIDE_OK;
}

static tide_code add_record(file_families *f, const tide_csv_record *record,
                            const char *const *names, size_t count, tide_error *err)
{
    tide_text scratch;
    tide_code code = TIDE_OK;
    if (record->problem != NULL || record->field_count != count) {
        return TIDE_OK;
    }
    tide_text_init(&scratch);
    f->profile->row_count++;
    for (size_t i = 0; i < count && code == TIDE_OK; i++) {
        tide_str text = tide_csv_field_text(record, i, &scratch);
        tide_init_field *field = tide_profile_find(f->profile, names[i]);
        code = tide_profile_add_cell(f->profile, field, text, record->fields[i].quoted, err);
    }
    tide_text_clear(&scratch);
    return code;
}

static tide_code sample_records(file_families *f, tide_csv_records *records, int64_t rows,
                                tide_error *err)
{
    tide_csv_record record;
    bool found;
    TIDE_TRY(tide_csv_next(records, &record, &found, err));
    size_t count = record.field_count;
    if (!found || record.problem != NULL || count > TIDE_CSV_FIELDS_MAX) {
        return TIDE_OK;
    }
    const char **names = tide_arena_alloc_zero(&f->profile->arena, count + 1, sizeof *names);
    if (names == NULL) {
        return TIDE_FAIL_MEMORY(err, "a header");
    }
    TIDE_TRY(read_header(f, &record, names, err));
    for (int64_t i = 0; i < rows && found; i++) {
        TIDE_TRY(tide_csv_next(records, &record, &found, err));
        TIDE_TRY(found ? add_record(f, &record, names, count, err) : TIDE_OK);
    }
    return TIDE_OK;
}

static tide_code sample_csv(file_families *f, const tide_found_file *file, int64_t rows,
                            tide_error *err)
{
    tide_csv_records records;
    tide_file_place place = place_of(file);
    tide_code code = tide_csv_open(&records, &place, ',', TIDE_DOCUMENT_BYTES_MAX, &f->budget, err);
    if (code == TIDE_OK) {
        code = sample_records(f, &records, rows, err);
    }
    tide_csv_close(&records);
    return code;
}

static tide_code sample_files(file_families *f, size_t begin, size_t count, bool is_csv,
                              tide_error *err)
{
    size_t used = count < FILES_MAX ? count : FILES_MAX;
    int64_t rows = (int64_t)f->init->options->rows_max / (int64_t)used + 1;
    for (size_t i = 0; i < used; i++) {
        size_t at = i < used / 2 ? begin + i : begin + count - (used - i);
        const tide_found_file *file = &f->found.items[at];
        TIDE_TRY(is_csv ? sample_csv(f, file, rows, err) : sample_lines(f, file, rows, err));
    }
    return TIDE_OK;
}

/* "in/orders-2024-03-01.csv" -> "in/orders-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].csv": what
 * comes later is found, too, and no file of another family. */
static char *print_shape(tide_arena *arena, const char *name)
{
    file_name parts = split_name(name);
    tide_text shape;
    tide_text_init(&shape);
    for (const char *at = name; *at != '\0'; at++) {
        bool in_tail = at >= name + parts.folder + parts.base && at < parts.suffix;
        if (in_tail && *at >= '0' && *at <= '9') {
            tide_text_append(&shape, "[0-9]");
        } else {
            tide_text_append_char(&shape, *at);
        }
    }
    char *made = tide_arena_copy_string(arena, tide_text_c(&shape));
    tide_text_clear(&shape);
    return made;
}

static bool is_listed(const char *const *items, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i], word) == 0) {
            return true;
        }
    }
    return false;
}

/* The shapes of all of them. */
static const char *print_source(file_families *f, size_t begin, size_t count)
{
    tide_arena *arena = &f->init->arena;
    const char **shapes = tide_arena_alloc_zero(arena, count, sizeof *shapes);
    size_t shape_count = 0;
    tide_text list;
    tide_text_init(&list);
    for (size_t i = 0; i < count && shapes != NULL; i++) {
        const char *shape = print_shape(arena, f->found.items[begin + i].name);
        if (shape == NULL || is_listed(shapes, shape_count, shape)) {
            continue;
        }
        tide_text_append(&list, shape_count > 0 ? ", " : "");
        tide_init_append_scalar(&list, shape);
        shapes[shape_count++] = shape;
    }
    bool one = shape_count == 1;
    const char *made = tide_arena_format(arena, "{files: %s%s%s}", one ? "" : "[",
                                         tide_text_c(&list), one ? "" : "]");
    tide_text_clear(&list);
    return shapes == NULL ? NULL : made;
}

static tide_code describe_family(file_families *f, size_t begin, size_t count, tide_error *err)
{
    const tide_found_file *first = &f->found.items[begin];
    file_name parts = split_name(first->name);
    tide_arena *arena = &f->init->arena;
    tide_init_pipeline pipeline = {.by_texts = parts.is_csv, .profile = f->profile};
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += f->found.items[begin + i].byte_count;
    }
    TIDE_TRY(sample_files(f, begin, count, parts.is_csv, err));
    tide_profile_finish(f->profile);
    pipeline.source = print_source(f, begin, count);
    pipeline.what =
        tide_arena_format(arena, "%zu %s from %s, %llu kB", count, count == 1 ? "file" : "files",
                          first->name, (unsigned long long)(bytes / 1000));
    const char *base =
        tide_arena_copy_str(arena, (tide_str){first->name + parts.folder, parts.base});
    if (pipeline.source == NULL || pipeline.what == NULL || base == NULL) {
        return TIDE_FAIL_MEMORY(err, "a pipeline");
    }
    TIDE_TRY(tide_init_name(f->init, base, &pipeline.name, err));
    return tide_init_write_pipeline(f->init, &pipeline, err);
}

static tide_code describe_all(file_families *f, tide_error *err)
{
    size_t begin = 0;
    tide_code code = TIDE_OK;
    qsort(f->found.items, f->found.count, sizeof f->found.items[0], compare_files);
    for (size_t i = 1; i <= f->found.count && code == TIDE_OK; i++) {
        bool same =
            i < f->found.count && same_family(f->found.items[i - 1].name, f->found.items[i].name);
        if (same) {
            continue;
        }
        tide_profile profile;
        f->profile = &profile;
        code = tide_profile_init(&profile, err);
        if (code == TIDE_OK) {
            code = describe_family(f, begin, i - begin, err);
        }
        tide_profile_clear(&profile);
        f->profile = NULL;
        begin = i;
    }
    return code;
}

tide_code tide_init_files(tide_init *init, tide_error *err)
{
    const tide_init_options *o = init->options;
    file_families f = {.init = init, .found = {.arena = &init->arena}};
    tide_file_source_options files = {
        .directory = o->directory, .patterns = o->patterns, .pattern_count = o->pattern_count};
    tide_budget_init(&f.budget, INT64_MAX);
    tide_code code = tide_file_glob(&files, &f.found, err);
    if (code == TIDE_OK) {
        code = describe_all(&f, err);
    }
    if (code != TIDE_OK && err->side == TIDE_SIDE_NONE) {
        err->side = TIDE_SIDE_SOURCE;
    }
    tide_free(f.found.items);
    return code;
}
