/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/cursor_query.h"

#include <string.h>

#include "base/calendar.h"
#include "base/problem.h"
#include "source/elasticsearch/field_facts.h"

static bool is_date(const tide_es_field *field)
{
    static const char *const types[] = {"date", "date_nanos", "alias"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(field->type, types[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What is within one is a document of its own, which a query of the document does not see. */
static bool is_nested(void *context, const char *parent, const char *rest)
{
    const tide_es_field *field = tide_es_fields_find(context, parent);
    (void)rest;
    return field != NULL &&
           (strcmp(field->type, "nested") == 0 ||
            (field->other_type != NULL && strcmp(field->other_type, "nested") == 0));
}

/* By other types a server would compare otherwise than we do: texts, or numbers of any unit. */
static tide_code check_field(tide_es_fields *fields, const char *path, tide_error *err)
{
    if (tide_es_visit_parents(path, is_nested, fields)) {
        return TIDE_FAIL(err, TIDE_E_QUERY,
                         "the cursor `%s` is within a field mapped as nested, by which the server "
                         "can't select documents: take a date field of the document itself",
                         path);
    }
    const tide_es_field *field = tide_es_fields_find(fields, path);
    if (field == NULL || (is_date(field) && field->other_type == NULL)) {
        return TIDE_OK; /* not mapped: no document has it yet */
    }
    return TIDE_FAIL(
        err, TIDE_E_QUERY,
        "the cursor `%s` is mapped as %s%s%s%s%s: the server can only compare instants of "
        "a field of type date or date_nanos",
        path, field->type, field->other_type != NULL ? ", and as " : "",
        field->other_type != NULL ? field->other_type : "",
        field->other_type != NULL ? " in index " : "",
        field->other_type != NULL ? field->other_index : "");
}

static void append_bound(tide_text *out, const char *name, int64_t instant)
{
    char text[48];
    (void)tide_format_instant(instant, text);
    tide_text_append_format(out, "\"%s\":\"%s\",", name, text);
}

static void append_query(tide_text *out, const char *query, const char *path,
                         const tide_plan_request *request)
{
    tide_text_append(out, "{\"bool\":{\"filter\":[");
    if (query != NULL) {
        tide_text_append(out, query);
        tide_text_append_char(out, ',');
    }
    tide_text_append(out, "{\"bool\":{\"should\":[{\"range\":{");
    tide_text_append_json_string(out, tide_str_of(path));
    tide_text_append(out, ":{");
    if (request->cursor_low != INT64_MIN) {
        append_bound(out, "gte", request->cursor_low);
    }
    append_bound(out, "lt", request->cursor_high);
    tide_text_append(out, "\"format\":\"strict_date_optional_time\"}}},");
    tide_text_append(out, "{\"bool\":{\"must_not\":{\"exists\":{\"field\":");
    tide_text_append_json_string(out, tide_str_of(path));
    tide_text_append(out, "}}}}],\"minimum_should_match\":1}}]}}");
}

/* A document may hold a list, or what the server calls malformed, or its index may not map the
 * field: then a row comes in runs that are not its own. */
static void bound_columns(tide_es_source *source, const tide_plan_request *request)
{
    for (size_t i = 0; request->rejects_other_cursors && i < source->indices.count; i++) {
        tide_column_spec *spec = &source->typing.specs[i][request->cursor_column];
        spec->is_bounded = true;
        spec->low = request->knows_earlier_cursors ? INT64_MIN : request->cursor_low;
        spec->high = request->cursor_high;
    }
}

tide_code tide_es_cursor_query(tide_es_source *source, const tide_plan_request *request,
                               tide_es_fields *fields, tide_error *err)
{
    const char *path = source->engine.columns.specs[request->cursor_column].path;
    TIDE_TRY(check_field(fields, path, err));
    bound_columns(source, request);
    tide_text text;
    tide_text_init(&text);
    append_query(&text, source->query, path, request);
    source->query =
        tide_text_failed(&text) ? NULL : tide_arena_copy_string(&source->arena, tide_text_c(&text));
    tide_text_clear(&text);
    return source->query == NULL ? TIDE_FAIL_MEMORY(err, "the query") : TIDE_OK;
}
