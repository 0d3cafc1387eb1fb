/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/typing.h"

#include <stdlib.h>
#include <string.h>

#include "base/problem.h"
#include "record/cell_parser.h"
#include "source/elasticsearch/field_facts.h"
#include "source/elasticsearch/flattened.h"
#include "source/elasticsearch/mapped_constant.h"
#include "source/elasticsearch/stored_source.h"

/* One column of one index. */
typedef struct typist {
    tide_es_typing *typing;
    const tide_es_index *index;
    const tide_es_index_facts *facts;
    const char *url;
    tide_column_spec *spec;        /* a copy that is being typed */
    const char *field;             /* as the column names it */
    const tide_json_node *mapping; /* of that field; NULL: not mapped */
    const char *type;              /* of it, for notes */
    bool is_sub_field;
    bool *is_leaf_somewhere, *is_sub_somewhere;
} typist;

void tide_es_typing_init(tide_es_typing *typing)
{
    memset(typing, 0, sizeof *typing);
    tide_arena_init(&typing->arena);
}

void tide_es_typing_clear(tide_es_typing *typing)
{
    tide_arena_clear(&typing->arena);
    tide_es_typing_init(typing);
}

tide_column_specs tide_es_typing_of(const tide_es_typing *typing, size_t index)
{
    return (tide_column_specs){typing->specs[index], typing->column_count};
}

static const char *option(const typist *t, const char *name)
{
    return tide_json_text(tide_json_member(t->mapping, name));
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; word != NULL && *words != NULL; words++) {
        if (strcmp(word, *words) == 0) {
            return true;
        }
    }
    return false;
}

static const char *mapped_type(const typist *t)
{
    return option(t, "type");
}

static tide_code refuse(const typist *t, const char *what, const char *detail, const char *advice,
                        tide_error *err)
{
    return TIDE_FAIL(err, TIDE_E_INDEX_UNFIT,
                     "%s: column %s: in index `%s` the field `%s` %s%s; %s", t->url, t->spec->name,
                     t->index->name, t->field, what, detail, advice);
}

/* Is it a sub-field of this parent? Then it is read as the parent is stored. */
static bool enter_parent(void *context, const char *parent, const char *rest)
{
    typist *t = context;
    const tide_json_node *mapping = tide_es_fact_of(t->facts, parent);
    const tide_json_node *sub = tide_json_member(tide_json_member(mapping, "fields"), rest);
    if (mapping == NULL) {
        return false;
    }
    if (sub != NULL) {
        t->mapping = sub;
        t->is_sub_field = true;
        t->spec->path = tide_arena_copy_string(&t->typing->arena, parent);
        return true;
    }
    t->spec->mapped.beside_parents = t->mapping != NULL;
    return false;
}

static tide_code find_mapping(typist *t, tide_error *err)
{
    t->mapping = tide_es_fact_of(t->facts, t->spec->path);
    const char *target = option(t, "path");
    if (target != NULL && strcmp(mapped_type(t), "alias") == 0) {
        t->spec->path = tide_arena_copy_string(&t->typing->arena, target);
        t->mapping = t->spec->path == NULL ? NULL : tide_es_fact_of(t->facts, t->spec->path);
    }
    if (t->spec->path != NULL) {
        (void)tide_es_visit_parents(t->spec->path, enter_parent, t);
    }
    return t->spec->path != NULL ? TIDE_OK : TIDE_FAIL_MEMORY(err, "the typed columns");
}

/* Is it a key of a flattened field? Its nulls are what that field says. */
static tide_code find_key(typist *t, tide_error *err)
{
    tide_es_key key;
    if (t->mapping != NULL) {
        t->type = mapped_type(t) == NULL ? "" : mapped_type(t);
        return TIDE_OK;
    }
    TIDE_TRY(tide_es_key_find(t->facts, t->spec->path, &t->typing->arena, &key, err));
    t->mapping = key.mapping;
    t->type = key.type;
    t->spec->path = key.path;
    t->spec->mapped.beside_parents = t->spec->mapped.beside_parents || key.mapping != NULL;
    return TIDE_OK;
}

static tide_code check_stored(const typist *t, tide_error *err)
{
    const tide_json_node *runtime = tide_json_member(t->facts->runtime, t->field);
    const char *copied_from = tide_es_fact_copied_from(t->facts, t->spec->path);
    if (tide_json_member(runtime, "script") != NULL) {
        return refuse(t, "is a runtime field, which the server computes", "",
                      "take the fields that it is made of, and derive it in a step", err);
    }
    if (copied_from != NULL) {
        return refuse(t, "gets values by copy_to, which no document holds: from ", copied_from,
                      "take that field", err);
    }
    return TIDE_OK;
}

static tide_code type_sub_field(typist *t, tide_error *err)
{
    static const char *const computed[] = {"token_count", "murmur3",      "search_as_you_type",
                                           "completion",  "rank_feature", NULL};
    const char *normalizer = option(t, "normalizer");
    const char *units_max = option(t, "ignore_above");
    if (!t->is_sub_field) {
        return TIDE_OK;
    }
    if (is_one_of(mapped_type(t), computed)) {
        return refuse(t, "is computed by the server: it is a ", mapped_type(t),
                      "take the field above it", err);
    }
    if (normalizer != NULL && strcmp(normalizer, "default") != 0) {
        return refuse(t, "is changed by the server: it has the normalizer ", normalizer,
                      "take the field above it, and derive what is needed in a step", err);
    }
    if (units_max != NULL && t->spec->type.id != TIDE_JSON) {
        unsigned long units = strtoul(units_max, NULL, 10);
        t->spec->mapped.units_max = units < INT32_MAX ? (uint32_t)units : 0;
    }
    return TIDE_OK;
}

static void type_number(typist *t)
{
    static const char *const whole[] = {"long", "integer", "short", "byte", NULL};
    static const char *const java[] = {"double",  "float", "half_float", "scaled_float",
                                       "integer", "short", "byte",       NULL};
    const tide_json_node *coerce = tide_json_member(t->mapping, "coerce");
    bool coerces = coerce == NULL || coerce->kind != TIDE_JSON_FALSE;
    t->spec->mapped.whole = coerces && is_one_of(mapped_type(t), whole);
    t->spec->mapped.java_double = coerces && is_one_of(mapped_type(t), java);
}

/* Names of months and days depend on the language. */
static bool needs_language(const char *format)
{
    return strstr(format, "MMM") != NULL || strchr(format, 'E') != NULL;
}

static bool is_foreign(const char *locale)
{
    return locale != NULL && *locale != '\0' && strncmp(locale, "en", 2) != 0 &&
           strcmp(locale, "root") != 0 && strcmp(locale, "ROOT") != 0;
}

static tide_code compile_format(const typist *t, tide_error *err)
{
    tide_cell_parser *parser = NULL;
    tide_error why;
    tide_error_clear(&why);
    tide_code code = tide_cell_parser_create(t->spec, &parser, &why);
    tide_cell_parser_destroy(parser);
    return code == TIDE_OK
               ? TIDE_OK
               : refuse(t, "has a date format that is not known here: ", t->spec->format,
                        "give the column a `format` of its own", err);
}

static tide_code type_date(typist *t, tide_error *err)
{
    static const char *const dates[] = {"date", "date_nanos", NULL};
    const char *format = option(t, "format");
    tide_type_id id = t->spec->type.id;
    if ((id != TIDE_TIMESTAMP && id != TIDE_DATE) || t->spec->format != NULL ||
        !is_one_of(mapped_type(t), dates)) {
        return TIDE_OK;
    }
    t->spec->mapped.in_order = true;
    if (format == NULL) {
        return TIDE_OK;
    }
    format += *format == '8' ? 1 : 0; /* java.time, as Elasticsearch 6 and 7 had it written */
    if (is_foreign(option(t, "locale")) && needs_language(format)) {
        return refuse(t, "has dates in the language ", option(t, "locale"),
                      "give the column the type text", err);
    }
    t->spec->format = tide_arena_copy_string(&t->typing->arena, format);
    if (t->spec->format == NULL) {
        return TIDE_FAIL_MEMORY(err, "the typed columns");
    }
    return compile_format(t, err);
}

/* Of an option that is a value of the field: *fits is false where a column that takes what can't be
 * typed as missing can't hold it, or where it was meant for the keys of other columns. */
static tide_code read_constant(typist *t, const char *name, tide_value *value, bool *fits,
                               tide_error *err)
{
    const tide_json_node *node = tide_json_member(t->mapping, name);
    char reason[TIDE_CONSTANT_REASON_BYTES];
    *fits = false;
    if (!tide_es_is_constant(node) || t->spec->type.id == TIDE_JSON) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_es_constant_read(node, t->spec, &t->typing->arena, value, reason, err));
    *fits = *reason == '\0';
    return *fits || t->spec->malformed_is_null || tide_es_is_key_type(t->type)
               ? TIDE_OK
               : TIDE_FAIL(err, TIDE_E_INDEX_UNFIT,
                           "%s: column %s: in index `%s` the field `%s` has a %s that does not fit "
                           "the column: %s",
                           t->url, t->spec->name, t->index->name, t->field, name, reason);
}

static tide_code type_constants(typist *t, tide_error *err)
{
    tide_value value = tide_value_null();
    bool fits;
    const char *type = mapped_type(t);
    TIDE_TRY(read_constant(t, "null_value", &value, &fits, err));
    if (fits) {
        t->spec->mapped.null_value = value;
        t->spec->mapped.has_null_value = true;
    }
    if (type == NULL || strcmp(type, "constant_keyword") != 0) {
        return TIDE_OK;
    }
    TIDE_TRY(read_constant(t, "value", &value, &fits, err));
    if (fits) {
        t->spec->default_value = value;
        t->spec->has_default = true;
    }
    return TIDE_OK;
}

static tide_code type_column(typist *t, const char **type, tide_error *err)
{
    TIDE_TRY(find_mapping(t, err));
    TIDE_TRY(find_key(t, err));
    TIDE_TRY(check_stored(t, err));
    TIDE_TRY(tide_es_stored_source_check(t->facts->source, t->index->name, t->spec, t->url, err));
    if (t->mapping == NULL) {
        return TIDE_OK;
    }
    *type = tide_arena_copy_string(&t->typing->arena, t->type);
    if (*type == NULL) {
        return TIDE_FAIL_MEMORY(err, "the typed columns");
    }
    *(t->is_sub_field ? t->is_sub_somewhere : t->is_leaf_somewhere) = true;
    TIDE_TRY(type_sub_field(t, err));
    TIDE_TRY(type_date(t, err));
    type_number(t);
    return type_constants(t, err);
}

static tide_code type_index(tide_es_typing *typing, const tide_es_index *index,
                            const tide_es_index_facts *facts, tide_column_specs columns, size_t at,
                            const char *url, tide_error *err)
{
    tide_column_spec *specs =
        tide_arena_alloc_zero(&typing->arena, columns.count + 1, sizeof *specs);
    const char **types = tide_arena_alloc_zero(&typing->arena, columns.count + 1, sizeof *types);
    if (specs == NULL || types == NULL) {
        return TIDE_FAIL_MEMORY(err, "the typed columns");
    }
    typing->specs[at] = specs;
    typing->types[at] = types;
    for (size_t i = 0; i < columns.count; i++) {
        specs[i] = columns.specs[i];
        typist t = {.typing = typing,
                    .index = index,
                    .facts = facts,
                    .url = url,
                    .spec = &specs[i],
                    .field = specs[i].path,
                    .is_leaf_somewhere = &typing->leaves[i],
                    .is_sub_somewhere = &typing->sub_fields[i]};
        if (specs[i].origin == TIDE_FROM_PATH) {
            TIDE_TRY(type_column(&t, &types[i], err));
        }
    }
    return TIDE_OK;
}

static bool is_leaf(void *context, const char *parent, const char *rest)
{
    (void)rest;
    return tide_es_fact_of(context, parent) != NULL;
}

/* A column whose field this index does not have, but others. */
static tide_code type_unmapped(tide_es_typing *typing, const tide_es_index *index,
                               tide_es_index_facts *facts, size_t at, size_t column,
                               const char *url, tide_error *err)
{
    tide_column_spec *spec = &typing->specs[at][column];
    if (typing->types[at][column] != NULL || spec->origin != TIDE_FROM_PATH) {
        return TIDE_OK;
    }
    spec->mapped.beside_parents = typing->leaves[column];
    return !typing->leaves[column] && typing->sub_fields[column] &&
                   tide_es_visit_parents(spec->path, is_leaf, facts)
               ? TIDE_FAIL(
                     err, TIDE_E_INDEX_UNFIT,
                     "%s: column %s: `%s` is a sub-field in other indices, but index `%s` has "
                     "only the field above it; take that one, or leave the index out with "
                     "`-%s`",
                     url, spec->name, spec->path, index->name, index->name)
               : TIDE_OK;
}

static tide_code allocate(tide_es_typing *typing, size_t index_count, size_t column_count,
                          tide_error *err)
{
    tide_arena *arena = &typing->arena;
    typing->column_count = column_count;
    typing->specs = tide_arena_alloc_zero(arena, index_count, sizeof *typing->specs);
    typing->types = tide_arena_alloc_zero(arena, index_count, sizeof *typing->types);
    typing->leaves = tide_arena_alloc_zero(arena, column_count + 1, sizeof *typing->leaves);
    typing->sub_fields = tide_arena_alloc_zero(arena, column_count + 1, sizeof *typing->sub_fields);
    return typing->specs != NULL && typing->types != NULL && typing->leaves != NULL &&
                   typing->sub_fields != NULL
               ? TIDE_OK
               : TIDE_FAIL_MEMORY(err, "the typed columns");
}

static tide_code type_indices(tide_es_typing *typing, const tide_es_indices *indices,
                              const tide_es_facts *facts, tide_column_specs columns,
                              const char *url, tide_error *err)
{
    if (indices->count == 0) {
        return TIDE_OK;
    }
    TIDE_TRY(allocate(typing, indices->count, columns.count, err));
    for (size_t i = 0; i < indices->count; i++) {
        const tide_es_index *index = &indices->items[i];
        TIDE_TRY(tide_es_source_kept_check(facts->indices[i].source, index->name, url, err));
        TIDE_TRY(type_index(typing, index, &facts->indices[i], columns, i, url, err));
    }
    for (size_t i = 0; i < indices->count; i++) {
        for (size_t column = 0; column < columns.count; column++) {
            TIDE_TRY(
                type_unmapped(typing, &indices->items[i], &facts->indices[i], i, column, url, err));
        }
    }
    return TIDE_OK;
}

tide_code tide_es_typing_read(tide_es_typing *typing, const tide_es_indices *indices,
                              tide_column_specs columns, tide_http *http, tide_http_answer *answer,
                              tide_error *err)
{
    tide_es_facts facts;
    tide_es_facts_init(&facts);
    tide_code code = tide_es_facts_read(&facts, indices, columns, http, answer, err);
    if (code == TIDE_OK) {
        code = type_indices(typing, indices, &facts, columns, tide_http_url(http), err);
    }
    tide_es_facts_clear(&facts);
    return code;
}
