/* SPDX-License-Identifier: Apache-2.0 */
#include "run/init/column.h"

#include <string.h>

#include "base/limits.h"
#include "base/memory.h"

/* Not all of what PostgreSQL allows, so that there is room for what a user adds. */
#define COLUMNS_MAX 1400
/* Milliseconds of 2000 and 2100. */
#define EPOCH_MILLIS_MIN INT64_C(946684800000)
#define EPOCH_MILLIS_MAX INT64_C(4102444800000)

static bool is_one_of(const char *word, const char *const *words)
{
    for (; word != NULL && *words != NULL; words++) {
        if (strcmp(word, *words) == 0) {
            return true;
        }
    }
    return false;
}

typedef enum mapped_kind {
    MAPPED_INT32,
    MAPPED_INT64,
    MAPPED_UNSIGNED,
    MAPPED_DOUBLE,
    MAPPED_BOOL,
    MAPPED_DATE,
    MAPPED_TEXT,
    MAPPED_BYTES,
    MAPPED_JSON
} mapped_kind;

static mapped_kind kind_of(const char *type)
{
    static const char *const small[] = {"integer", "short", "byte", NULL};
    static const char *const real[] = {"double", "float", "half_float", "scaled_float", NULL};
    static const char *const dates[] = {"date", "date_nanos", NULL};
    static const char *const texts[] = {
        "keyword",         "constant_keyword",      "wildcard", "text",
        "match_only_text", "search_as_you_type",    "ip",       "version",
        "annotated_text",  "icu_collation_keyword", NULL};
    if (is_one_of(type, small)) {
        return MAPPED_INT32;
    }
    if (is_one_of(type, real)) {
        return MAPPED_DOUBLE;
    }
    if (is_one_of(type, dates)) {
        return MAPPED_DATE;
    }
    if (is_one_of(type, texts)) {
        return MAPPED_TEXT;
    }
    return strcmp(type, "long") == 0            ? MAPPED_INT64
           : strcmp(type, "unsigned_long") == 0 ? MAPPED_UNSIGNED
           : strcmp(type, "boolean") == 0       ? MAPPED_BOOL
           : strcmp(type, "binary") == 0        ? MAPPED_BYTES
                                                : MAPPED_JSON;
}

/* What holds the values of both. */
static mapped_kind join_kinds(mapped_kind a, mapped_kind b)
{
    if (a == b) {
        return a;
    }
    if (a == MAPPED_JSON || b == MAPPED_JSON) {
        return MAPPED_JSON;
    }
    bool numbers = a <= MAPPED_DOUBLE && b <= MAPPED_DOUBLE;
    if (numbers && a <= MAPPED_INT64 && b <= MAPPED_INT64) {
        return MAPPED_INT64;
    }
    return numbers ? MAPPED_DOUBLE : MAPPED_TEXT;
}

static bool knows_format(const char *format)
{
    tide_time_parser *parser = NULL;
    tide_error ignored;
    tide_time_options options = {.format = format};
    tide_error_clear(&ignored);
    bool known = tide_time_parser_create(&options, &parser, &ignored) == TIDE_OK;
    if (parser != NULL) {
        tide_time_parser_destroy(parser);
    }
    return known;
}

static void type_date(tide_init_column *column)
{
    const tide_init_field *f = column->field;
    if (f->format != NULL && !knows_format(f->format)) {
        column->type = "text";
        column->why = "a date in a format that can't be read: kept as it is written";
        return;
    }
    column->type = "timestamp";
    column->format = f->format;
    column->in_utc = true;
    column->truncates = strcmp(f->mapped, "date_nanos") == 0;
}

static void type_mapped(tide_profile *profile, tide_init_column *column)
{
    static const char *const types[] = {"int32",     "int64", "decimal(20,0)", "double", "bool",
                                        "timestamp", "text",  "bytes",         "json"};
    const tide_init_field *f = column->field;
    mapped_kind kind = kind_of(f->mapped);
    if (f->other != NULL) {
        kind = join_kinds(kind, kind_of(f->other));
        column->why = tide_arena_format(&profile->arena, "%s in %s, %s in %s: this holds both",
                                        f->mapped, f->mapped_in, f->other, f->other_in);
    }
    column->type = types[kind];
    if (kind == MAPPED_DATE) {
        type_date(column);
    } else if (kind == MAPPED_JSON) {
        column->why = column->why != NULL ? column->why : "as it is written";
    } else if (f->ignores_malformed) {
        column->type = "text";
        column->why = "the index takes malformed values (ignore_malformed): kept as written";
    }
}

static bool has_time_name(const char *path)
{
    static const char *const ends[] = {"time", "date", "_at", "At", "timestamp", "ts", NULL};
    size_t size = strlen(path);
    for (size_t i = 0; ends[i] != NULL; i++) {
        size_t length = strlen(ends[i]);
        if (size >= length && strcmp(path + size - length, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void type_integers(tide_init_column *column, bool is_whole)
{
    const tide_init_field *f = column->field;
    column->type = is_whole ? "int64" : "double";
    if (is_whole && has_time_name(f->path) && f->min_integer >= EPOCH_MILLIS_MIN &&
        f->max_integer <= EPOCH_MILLIS_MAX) {
        column->type = "timestamp";
        column->format = "epoch_millis";
        column->why = "by its name and range milliseconds since 1970";
    }
}

static void type_texts(tide_init_column *column, bool by_texts)
{
    const tide_init_field *f = column->field;
    column->type = "text";
    if (f->dates == f->texts) {
        column->type = "date";
    } else if (f->dates + f->times == f->texts) {
        column->type = "timestamp";
        column->in_utc = f->local_times + f->dates > 0;
        column->why = column->in_utc ? "some are written without a zone: taken as UTC" : NULL;
    } else if (by_texts && f->bool_texts == f->texts) {
        column->type = "bool";
    } else if (by_texts && f->number_texts == f->texts && f->leading_zeros == 0 &&
               f->too_large == 0) {
        type_integers(column, f->integer_texts == f->texts);
    }
}

static void type_sampled(tide_init_column *column, bool by_texts)
{
    const tide_init_field *f = column->field;
    int64_t scalars = tide_init_scalars(f);
    if (scalars == 0) {
        column->type = "text";
        column->why = "null wherever it occurs in the sample";
    } else if (f->texts == scalars) {
        type_texts(column, by_texts);
    } else if (f->bools == scalars) {
        column->type = "bool";
    } else if (f->integers + f->doubles == scalars) {
        type_integers(column, f->doubles == 0);
        if (f->too_large > 0) {
            column->type = "text";
            column->why = "integers beyond 64 bits";
        }
    } else {
        column->type = "text";
        column->why = "values of several types";
    }
}

/* What documents of the sample hold goes before what the mapping says of single values. */
static void take_structures(tide_init_column *column)
{
    const tide_init_field *f = column->field;
    bool mixed = f->objects > 0 || f->object_arrays > 0;
    if (mixed && strcmp(column->type, "json") != 0) {
        column->type = "json";
        column->why = "objects in arrays, or objects and values: as it is written";
    } else if (f->arrays > 0 && strcmp(column->type, "json") != 0) {
        bool only = tide_init_scalars(f) == 0;
        column->type = strcmp(column->type, "text") == 0 && !only ? "text" : "json";
        column->takes_arrays = strcmp(column->type, "text") == 0;
        column->why = "lists of values in some documents: as they are written";
    }
    if (strcmp(column->type, "json") == 0) {
        column->format = NULL;
        column->in_utc = column->truncates = false;
    }
}

/* Objects that are nothing else have no column: their parts have. */
static bool is_group(const tide_init_field *f)
{
    bool alone = tide_init_scalars(f) == 0 && f->arrays == 0;
    return alone && (f->is_object || (f->mapped == NULL && f->objects > 0));
}

static const char *find_obstacle(tide_profile *profile, const tide_init_field *f)
{
    bool empty = tide_init_scalars(f) + f->arrays + f->objects == 0;
    if (f->alias != NULL) {
        return tide_arena_format(&profile->arena, "an alias of `%s`, and not in the documents",
                                 f->alias);
    }
    if (f->is_copy && empty) {
        return "filled by copy_to when documents are indexed, and not in the documents";
    }
    if (f->mapped != NULL && strcmp(f->mapped, "token_count") == 0) {
        return "a token_count, which is computed, and not in the documents";
    }
    if (f->dropped_in != NULL) {
        return tide_arena_format(&profile->arena, "index %s does not keep it (_source excludes)",
                                 f->dropped_in);
    }
    static const char *const words[] = {"_id",   "_index",    "_seq_no", "_version",
                                        "_file", "_position", NULL};
    size_t size = strlen(f->path);
    if (size == 0 || f->path[0] == '.' || f->path[size - 1] == '.' ||
        strstr(f->path, "..") != NULL || strstr(f->path, "${") != NULL ||
        is_one_of(f->path, words)) {
        return "no path can name it";
    }
    return NULL;
}

typedef struct name_scope {
    const tide_init_columns *columns;
    const char *const *reserved;
} name_scope;

static bool is_taken(const void *context, const char *name)
{
    const name_scope *scope = context;
    for (size_t i = 0; i < scope->columns->count; i++) {
        const char *other = scope->columns->items[i].name;
        if (other != NULL && strcmp(other, name) == 0) {
            return true;
        }
    }
    return scope->reserved != NULL && is_one_of(name, scope->reserved);
}

static tide_code add_column(tide_profile *profile, const tide_init_field *field, bool by_texts,
                            const name_scope *scope, tide_init_columns *columns, tide_error *err)
{
    char name[TIDE_IDENTIFIER_BYTES_MAX + 1];
    tide_init_column column = {.field = field};
    column.why_not = find_obstacle(profile, field);
    if (column.why_not == NULL && columns->count >= COLUMNS_MAX) {
        column.why_not = "one of more columns than a table may have";
    }
    if (field->mapped != NULL && !field->is_object) {
        type_mapped(profile, &column);
    } else {
        type_sampled(&column, by_texts);
    }
    take_structures(&column);
    tide_init_snake_case(field->path, TIDE_IDENTIFIER_BYTES_MAX, name);
    column.name =
        tide_init_unique_name(&profile->arena, name, TIDE_IDENTIFIER_BYTES_MAX, is_taken, scope);
    if (column.name == NULL) {
        return TIDE_FAIL_MEMORY(err, "columns");
    }
    TIDE_TRY(tide_grow((void **)&columns->items, &columns->capacity, columns->count + 1,
                       sizeof columns->items[0], err));
    columns->items[columns->count++] = column;
    return TIDE_OK;
}

/* Is it a part of what has a column as a whole? */
static bool is_covered(const tide_profile *profile, const tide_init_field *f)
{
    char path[1024];
    size_t size = strlen(f->path);
    if (size >= sizeof path) {
        return true;
    }
    memcpy(path, f->path, size + 1);
    for (char *dot = strrchr(path, '.'); dot != NULL; dot = strrchr(path, '.')) {
        *dot = '\0';
        const tide_init_field *above = tide_profile_find(profile, path);
        if (above != NULL && !is_group(above)) {
            return true;
        }
    }
    return false;
}

/* In the most records; an earlier one of equals. */
static bool is_better(const tide_init_column *a, const tide_init_column *b)
{
    return b == NULL || a->field->hash_count > b->field->hash_count;
}

static bool is_key_type(const char *type)
{
    static const char *const types[] = {"text", "int32", "int64", "uuid", NULL};
    return is_one_of(type, types);
}

static void choose_roles(const tide_profile *profile, tide_init_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        const tide_init_column *c = &columns->items[i];
        const tide_init_field *f = c->field;
        int64_t values = (int64_t)f->hash_count;
        bool complete = profile->row_count > 1 && values == profile->row_count && f->arrays == 0;
        bool unique = (int64_t)f->distinct == values;
        bool keyword = f->mapped == NULL || strcmp(f->mapped, "text") != 0;
        if (c->why_not != NULL || values == 0) {
            continue;
        }
        if (strcmp(c->type, "timestamp") == 0 && is_better(c, columns->time)) {
            columns->time = c;
        }
        if (complete && keyword && is_key_type(c->type) && unique && columns->key == NULL) {
            columns->key = c;
        }
        bool groups = f->distinct > 1 && 2 * (int64_t)f->distinct <= values;
        bool more = columns->series == NULL || f->distinct > columns->series->field->distinct;
        bool one_type = f->mapped != NULL || f->texts == values;
        if (complete && keyword && one_type && strcmp(c->type, "text") == 0 && groups && more) {
            columns->series = c;
        }
    }
}

tide_code tide_init_choose_columns(tide_profile *profile, bool by_texts,
                                   const char *const *reserved, tide_init_columns *columns,
                                   tide_error *err)
{
    name_scope scope = {columns, reserved};
    *columns = (tide_init_columns){0};
    for (size_t i = 0; i < profile->count; i++) {
        const tide_init_field *field = profile->fields[i];
        if (!is_group(field) && !is_covered(profile, field)) {
            TIDE_TRY(add_column(profile, field, by_texts, &scope, columns, err));
        }
    }
    choose_roles(profile, columns);
    return TIDE_OK;
}

void tide_init_columns_clear(tide_init_columns *columns)
{
    tide_free(columns->items);
    *columns = (tide_init_columns){0};
}
