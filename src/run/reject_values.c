/* SPDX-License-Identifier: Apache-2.0 */
#include "run/reject_values.h"

#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "record/cell_parser.h"
#include "record/json_decoder.h"
#include "record/json_text.h"
#include "record/json_walk.h"

#define REASON_BYTES 512

struct tide_reject_values {
    const tide_schema *schema; /* borrowed */
    tide_zone *zone;           /* of instants without one */
    tide_column_spec *specs;
    tide_cell_parser **parsers;
    bool *met; /* per column, of the row that is read */
    tide_json_index *index;
    tide_text padded; /* the JSON, and what the index wants behind it */
    tide_text key, text;
    char reason[REASON_BYTES];
};

static tide_code make_parsers(tide_reject_values *values, tide_error *err)
{
    for (size_t i = 0; i < values->schema->field_count; i++) {
        const tide_field *field = &values->schema->fields[i];
        values->specs[i] =
            (tide_column_spec){.name = field->name, .type = field->type, .zone = values->zone};
        TIDE_TRY(tide_cell_parser_create(&values->specs[i], &values->parsers[i], err));
    }
    return TIDE_OK;
}

static tide_code init(tide_reject_values *values, tide_error *err)
{
    size_t count = values->schema->field_count + 1;
    tide_text_init(&values->padded);
    tide_text_init(&values->key);
    tide_text_init(&values->text);
    values->specs = tide_alloc_zero(count, sizeof *values->specs);
    values->parsers = tide_alloc_zero(count, sizeof *values->parsers);
    values->met = tide_alloc_zero(count, sizeof *values->met);
    if (values->specs == NULL || values->parsers == NULL || values->met == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading rejects");
    }
    TIDE_TRY(tide_zone_open("UTC", &values->zone, err));
    TIDE_TRY(tide_json_index_create(&values->index, err));
    return make_parsers(values, err);
}

tide_code tide_reject_values_create(const tide_schema *schema, tide_reject_values **values,
                                    tide_error *err)
{
    *values = tide_alloc_zero(1, sizeof **values);
    if (*values == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading rejects");
    }
    (*values)->schema = schema;
    tide_code code = init(*values, err);
    if (code != TIDE_OK) {
        tide_reject_values_destroy(*values);
        *values = NULL;
    }
    return code;
}

void tide_reject_values_destroy(tide_reject_values *values)
{
    if (values == NULL) {
        return;
    }
    for (size_t i = 0; values->parsers != NULL && i < values->schema->field_count; i++) {
        tide_cell_parser_destroy(values->parsers[i]);
    }
    tide_free(values->parsers);
    tide_free(values->specs);
    tide_free(values->met);
    if (values->index != NULL) {
        tide_json_index_destroy(values->index);
    }
    tide_zone_close(values->zone);
    tide_text_clear(&values->padded);
    tide_text_clear(&values->key);
    tide_text_clear(&values->text);
    tide_free(values);
}

static const char *say(tide_reject_values *values, const char *column, const char *why)
{
    (void)snprintf(values->reason, sizeof values->reason, "column `%s`: %s", column, why);
    return values->reason;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x0aff", as PostgreSQL prints bytes; no base64 begins so. */
static tide_code read_hex(tide_reject_values *values, tide_str text, tide_column_builder *column,
                          const char **reason, tide_error *err)
{
    tide_text *out = &values->key; /* free again, once the column is found */
    tide_text_reset(out);
    for (size_t i = 2; i + 1 < text.size; i += 2) {
        int high = hex_digit(text.data[i]);
        int low = hex_digit(text.data[i + 1]);
        if (high < 0 || low < 0) {
            *reason = "is not hexadecimal";
            return TIDE_OK;
        }
        tide_text_append_char(out, (char)(high * 16 + low));
    }
    if (text.size % 2 != 0) {
        *reason = "is not hexadecimal";
        return TIDE_OK;
    }
    return tide_text_failed(out)
               ? TIDE_FAIL_MEMORY(err, "bytes of a reject")
               : tide_append_str(column, (tide_str){tide_text_c(out), out->size}, err);
}

static tide_code read_string(tide_reject_values *values, size_t i, tide_str token,
                             tide_column_builder *column, const char **reason, tide_error *err)
{
    tide_text *text = &values->text;
    tide_text_reset(text);
    *reason = tide_json_unescape((tide_str){token.data + 1, token.size - 2}, text);
    if (*reason != NULL) {
        return TIDE_OK;
    }
    if (tide_text_failed(text)) {
        return TIDE_FAIL_MEMORY(err, "a value of a reject");
    }
    tide_str meaning = {tide_text_c(text), text->size};
    tide_type_id id = values->schema->fields[i].type.id;
    if (id == TIDE_BYTES && meaning.size >= 2 && memcmp(meaning.data, "\\x", 2) == 0) {
        return read_hex(values, meaning, column, reason, err);
    }
    /* Only what the decoder coerces leniently must not be: "" is no null here. */
    if (id != TIDE_TEXT && id != TIDE_BYTES && meaning.size == 0) {
        *reason = "is empty";
        return TIDE_OK;
    }
    return tide_cell_parse(values->parsers[i], meaning, column, reason, err);
}

static tide_code read_cell(tide_reject_values *values, size_t i, tide_str token,
                           tide_column_builder *column, const char **reason, tide_error *err)
{
    tide_cell_parser *parser = values->parsers[i];
    if (tide_str_equal_c(token, "null")) {
        return tide_append_null(column, err);
    }
    if (values->schema->fields[i].type.id == TIDE_JSON) {
        return tide_cell_parse(parser, token, column, reason, err);
    }
    if (tide_json_is_string(token)) {
        return read_string(values, i, token, column, reason, err);
    }
    if (tide_str_equal_c(token, "true") || tide_str_equal_c(token, "false")) {
        return tide_cell_parse_bool(parser, token.data[0] == 't', column, reason, err);
    }
    if (tide_json_is_number(token)) {
        return tide_cell_parse_number(parser, token, column, reason, err);
    }
    *reason = "is neither a text nor a number";
    return TIDE_OK;
}

/* The column that a key as written names; TIDE_NO_FIELD with *reason. */
static size_t find_column(tide_reject_values *values, tide_str key, const char **reason)
{
    tide_text_reset(&values->key);
    *reason = tide_json_unescape(key, &values->key);
    size_t i = *reason == NULL ? tide_schema_find(values->schema, tide_text_c(&values->key))
                               : TIDE_NO_FIELD;
    if (*reason == NULL && i == TIDE_NO_FIELD) {
        *reason = say(values, tide_text_c(&values->key), "the output has no such column any more");
    } else if (*reason == NULL && values->met[i]) {
        *reason = say(values, tide_text_c(&values->key), "is there twice");
    }
    return i;
}

static tide_code read_member(tide_reject_values *values, const tide_json_members *member,
                             tide_builder *builder, const char **reason, tide_error *err)
{
    size_t i = find_column(values, member->key, reason);
    if (tide_text_failed(&values->key)) {
        return TIDE_FAIL_MEMORY(err, "a column's name in a reject");
    }
    if (*reason != NULL) {
        return TIDE_OK;
    }
    values->met[i] = true;
    TIDE_TRY(read_cell(values, i, tide_json_value_text(member->tokens, member->value),
                       &builder->columns[i], reason, err));
    if (*reason != NULL && *reason != values->reason) {
        *reason = say(values, values->schema->fields[i].name, *reason);
    }
    return TIDE_OK;
}

static tide_code read_members(tide_reject_values *values, const tide_json_tokens *tokens,
                              tide_builder *builder, const char **reason, tide_error *err)
{
    tide_json_members members = {.tokens = tokens};
    while (*reason == NULL && tide_json_members_next(&members)) {
        TIDE_TRY(read_member(values, &members, builder, reason, err));
    }
    if (*reason == NULL && (members.malformed || members.next != tokens->count)) {
        *reason = "its values are no JSON object";
    }
    for (size_t i = 0; *reason == NULL && i < values->schema->field_count; i++) {
        if (!values->met[i]) {
            *reason = say(values, values->schema->fields[i].name,
                          "is not among its values: the output has changed since");
        }
    }
    return TIDE_OK;
}

tide_code tide_reject_values_read(tide_reject_values *values, const char *json,
                                  tide_builder *builder, const char **reason, tide_error *err)
{
    static const char padding[TIDE_JSON_PADDING] = {0};
    size_t size = strlen(json);
    tide_json_tokens tokens;
    *reason = NULL;
    tide_text_reset(&values->padded);
    tide_text_append_str(&values->padded, (tide_str){json, size});
    tide_text_append_str(&values->padded, (tide_str){padding, sizeof padding});
    if (tide_text_failed(&values->padded)) {
        return TIDE_FAIL_MEMORY(err, "the values of a reject");
    }
    tide_str text = {tide_text_c(&values->padded), size};
    memset(values->met, 0, values->schema->field_count * sizeof *values->met);
    TIDE_TRY(tide_json_index_build(values->index, text, &tokens, reason, err));
    if (*reason == NULL && (tokens.count == 0 || tide_json_char(&tokens, 0) != '{')) {
        *reason = "its values are no JSON object";
    }
    if (*reason == NULL) {
        TIDE_TRY(read_members(values, &tokens, builder, reason, err));
        if (*reason != NULL) {
            tide_builder_cancel_row(builder);
        } else {
            tide_builder_end_row(builder);
        }
    }
    return TIDE_OK;
}
