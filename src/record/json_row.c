/* SPDX-License-Identifier: Apache-2.0 */
#include "record/json_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "record/cell_values.h"
#include "record/json_spelling.h"
#include "record/json_text.h"

const char *tide_json_read_string(tide_str scalar, tide_text *scratch, tide_str *out)
{
    if (!tide_json_is_string(scalar)) {
        return "is not JSON";
    }
    *out = (tide_str){scalar.data + 1, scalar.size - 2};
    if (out->size == 0 || memchr(out->data, '\\', out->size) == NULL) {
        return NULL;
    }
    tide_text_reset(scratch);
    const char *refusal = tide_json_unescape(*out, scratch);
    *out = (tide_str){scratch->data, scratch->size};
    return refusal;
}

static tide_code take_string(tide_json_decoder *decoder, const tide_json_column *column,
                             tide_str scalar, tide_column_builder *out, const char **reason,
                             tide_error *err)
{
    tide_str text;
    const char *refusal = tide_json_read_string(scalar, &decoder->scratch, &text);
    if (tide_text_failed(&decoder->scratch)) {
        tide_text_clear(&decoder->scratch);
        return TIDE_FAIL_MEMORY(err, "an unescaped string");
    }
    if (refusal != NULL) {
        return tide_cell_refuse(column->parser, scalar, refusal, reason);
    }
    /* With its quotes it is the JSON that the type wants. */
    return column->spec->type.id == TIDE_JSON
               ? column->parser->from.raw(column->parser, scalar, out, reason, err)
               : column->from_string(column->parser, text, out, reason, err);
}

/* A control character outside of strings comes from nobody who writes JSON, whatever else they take
 * for it: the text was mutilated on its way. */
static tide_code refuse_text(tide_json_decoder *decoder, const tide_json_column *column,
                             tide_str text, const char *refusal, const char **reason)
{
    for (size_t i = 0; i < text.size; i++) {
        bool is_control = (unsigned char)text.data[i] < ' ' && !tide_json_is_blank(text.data[i]);
        decoder->is_damaged = decoder->is_damaged || is_control;
    }
    return tide_cell_refuse(column->parser, text, refusal, reason);
}

static tide_code take_word(tide_json_decoder *decoder, const tide_json_column *column,
                           tide_str scalar, tide_column_builder *out, const char **reason,
                           tide_error *err)
{
    if (tide_str_equal_c(scalar, "null")) {
        return tide_cell_append_null(column->parser, out, reason, err);
    }
    if (tide_str_equal_c(scalar, "true") || tide_str_equal_c(scalar, "false")) {
        return column->parser->from.boolean(column->parser, scalar, out, reason, err);
    }
    return refuse_text(decoder, column, scalar, "is not JSON", reason);
}

static tide_code take_number(tide_json_decoder *decoder, const tide_json_column *column,
                             tide_str scalar, tide_column_builder *out, const char **reason,
                             tide_error *err)
{
    if (!tide_json_is_number(scalar)) {
        return refuse_text(decoder, column, scalar, "is not JSON", reason);
    }
    return column->parser->from.number(column->parser, scalar, out, reason, err);
}

/* An object or array as it is written, whatever the mapping says of single values. */
static tide_code take_raw(tide_json_decoder *decoder, const tide_json_column *column,
                          uint32_t place, tide_column_builder *out, const char **reason,
                          tide_error *err)
{
    tide_str text = tide_json_value_text(&decoder->walk.tokens, place);
    const char *refusal = tide_json_refusal(text);
    return refusal == NULL ? column->parser->unmapped.raw(column->parser, text, out, reason, err)
                           : refuse_text(decoder, column, text, refusal, reason);
}

static tide_code take_scalar(tide_json_decoder *decoder, const tide_json_column *column,
                             uint32_t place, tide_column_builder *out, const char **reason,
                             tide_error *err)
{
    tide_str scalar = tide_json_scalar(&decoder->walk.tokens, place);
    switch (scalar.data[0]) {
        case '"':
            return take_string(decoder, column, scalar, out, reason, err);
        case 't':
        case 'f':
        case 'n':
            return take_word(decoder, column, scalar, out, reason, err);
        default:
            return take_number(decoder, column, scalar, out, reason, err);
    }
}

static tide_code take_array(tide_json_decoder *decoder, const tide_json_column *column,
                            uint32_t place, tide_column_builder *out, const char **reason,
                            tide_error *err)
{
    const tide_json_tokens *tokens = &decoder->walk.tokens;
    if (column->spec->array != TIDE_ARRAY_FIRST) {
        if (column->takes_raw) {
            return take_raw(decoder, column, place, out, reason, err);
        }
        *reason = "the value is an array; `array: first` would take its first element";
        return TIDE_OK;
    }
    while (tide_json_char(tokens, place) == '[') {
        place++;
    }
    if (tide_json_char(tokens, place) == ']') {
        return tide_cell_append_missing(column->parser, out, reason, err);
    }
    if (tide_json_char(tokens, place) != '{') {
        return take_scalar(decoder, column, place, out, reason, err);
    }
    if (column->spec->type.id == TIDE_JSON) {
        return take_raw(decoder, column, place, out, reason, err);
    }
    *reason = "the array's first element is an object";
    return TIDE_OK;
}

/* The noted value of a column. */
static tide_code take_place(tide_json_decoder *decoder, const tide_json_column *column,
                            uint32_t place, tide_column_builder *out, const char **reason,
                            tide_error *err)
{
    if (place == 0) {
        return tide_cell_append_missing(column->parser, out, reason, err);
    }
    if ((place & TIDE_JSON_PLACE_MARKS) != 0) {
        *reason = place == TIDE_JSON_PLACE_TWICE
                      ? "the document has several values under the path, spelled in several ways; "
                        "`array: first` would take the first one"
                  : (place & TIDE_JSON_PLACE_IN_ARRAY) != 0
                      ? "the value is within an array; `array: first` would take its first element"
                      : "a part of the column's path is not an object";
        return TIDE_OK;
    }
    switch (tide_json_char(&decoder->walk.tokens, place)) {
        case '[':
            return take_array(decoder, column, place, out, reason, err);
        case '{':
            if (column->spec->type.id == TIDE_JSON) {
                return take_raw(decoder, column, place, out, reason, err);
            }
            *reason = "the value is an object";
            return TIDE_OK;
        default:
            return take_scalar(decoder, column, place, out, reason, err);
    }
}

/* Columns that do not come from the document. */
static tide_code take_provenance(tide_json_row *row, const tide_json_column *column,
                                 tide_column_builder *out, const char **reason, tide_error *err)
{
    char digits[24];
    if (column->spec->origin == TIDE_FROM_POSITION) {
        int size = snprintf(digits, sizeof digits, "%" PRId64, row->from->position);
        return tide_cell_parse_number(column->parser, (tide_str){digits, (size_t)size}, out, reason,
                                      err);
    }
    return tide_cell_parse(column->parser, row->from->name, out, reason, err);
}

static tide_code take_column(tide_json_row *row, size_t i, const char **reason, tide_error *err)
{
    tide_json_decoder *decoder = row->decoder;
    const tide_json_column *column = &decoder->columns[i];
    tide_column_builder *out = &row->builder->columns[i];
    *reason = NULL;
    if (column->spec->origin == TIDE_FROM_PATH) {
        return take_place(decoder, column, decoder->walk.places[i], out, reason, err);
    }
    uint32_t place = decoder->walk.metas[column->meta];
    bool has_place = column->meta != TIDE_JSON_META_NONE && place != 0;
    bool is_own = column->spec->origin == TIDE_FROM_FILE ||
                  column->spec->origin == TIDE_FROM_POSITION ||
                  (column->spec->origin == TIDE_FROM_INDEX && row->is_hit &&
                   decoder->hidden == TIDE_HIDDEN_ID);
    return is_own && !has_place ? take_provenance(row, column, out, reason, err)
                                : take_place(decoder, column, place, out, reason, err);
}

/* The string of a fact of the hit; NULL data when there is none. */
static tide_str meta_string(tide_json_decoder *decoder, tide_json_meta meta, tide_text *scratch)
{
    tide_str text = {NULL, 0};
    uint32_t place = decoder->walk.metas[meta];
    if (place != 0 && tide_json_char(&decoder->walk.tokens, place) == '"' &&
        tide_json_read_string(tide_json_scalar(&decoder->walk.tokens, place), scratch, &text) !=
            NULL) {
        text.data = NULL;
    }
    return text;
}

/* The hit's _id: where a column masks it, in no other form. NULL data when there is none. */
static tide_code read_id(tide_json_decoder *decoder, tide_str *id, tide_error *err)
{
    char mask[TIDE_KEYED_HASH_CHARS];
    *id = meta_string(decoder, TIDE_JSON_META_ID, &decoder->id);
    if (id->data != NULL && decoder->id_mask != NULL) {
        TIDE_TRY(tide_keyed_hash_hex(decoder->id_mask, *id, mask, err));
        tide_text_reset(&decoder->id);
        tide_text_append_str(&decoder->id, (tide_str){mask, sizeof mask});
        *id = (tide_str){decoder->id.data, decoder->id.size};
    }
    return tide_text_failed(&decoder->id) ? TIDE_FAIL_MEMORY(err, "a document id") : TIDE_OK;
}

/* INDEX/ID, or PATH:OFFSET. */
static tide_code print_position(tide_json_row *row, bool knows_hit, tide_error *err)
{
    tide_json_decoder *decoder = row->decoder;
    tide_text *out = &decoder->position;
    tide_text_reset(out);
    if (decoder->hidden == TIDE_HIDDEN_POSITION) {
        tide_text_append_str(out, row->from->name);
        tide_text_append_format(out, ":%" PRId64, row->from->position);
        return TIDE_OK;
    }
    tide_str index = {NULL, 0};
    tide_str id = {NULL, 0};
    if (knows_hit) {
        index = meta_string(decoder, TIDE_JSON_META_INDEX, &decoder->scratch);
        TIDE_TRY(read_id(decoder, &id, err));
    }
    tide_text_append_str(out, index.data == NULL ? row->from->name : index);
    tide_text_append_char(out, '/');
    tide_text_append_str(out, id.data == NULL ? TIDE_STR("?") : id);
    return TIDE_OK;
}

static tide_code add_reject(tide_json_row *row, const tide_reject *reject, tide_error *err)
{
    tide_json_decoder *decoder = row->decoder;
    if (tide_text_failed(&decoder->position) || tide_text_failed(&decoder->values) ||
        tide_text_failed(&decoder->scratch) || tide_text_failed(&decoder->id)) {
        return TIDE_FAIL_MEMORY(err, "a reject");
    }
    return tide_reject_list_add(row->rejects, reject, err);
}

tide_code tide_json_reject_document(tide_json_row *row, const char *reason, tide_error *err)
{
    tide_text *sentence = &row->decoder->values;
    tide_text_reset(sentence);
    tide_text_append_format(sentence, "the document %s", reason);
    TIDE_TRY(print_position(row, false, err));
    tide_reject reject = {
        .stage = "decode",
        .position = tide_text_c(&row->decoder->position),
        .reason = tide_text_c(sentence),
        .values = "{}",
    };
    return add_reject(row, &reject, err);
}

/* Takes the unfinished row back, and says what was known of it. */
static tide_code reject_row(tide_json_row *row, const char *column, const char *reason,
                            tide_error *err)
{
    tide_text *values = &row->decoder->values;
    tide_cell_print_values(row->decoder->specs, row->builder, values);
    TIDE_TRY(print_position(row, true, err));
    tide_reject reject = {
        .stage = "decode",
        .position = tide_text_c(&row->decoder->position),
        .column = column,
        .reason = reason,
        .values = tide_text_c(values),
    };
    tide_code code = add_reject(row, &reject, err);
    tide_builder_cancel_row(row->builder);
    return code;
}

/* Decodes what else there is after a first reason, for the reject's values. */
static tide_code take_rest(tide_json_row *row, size_t begin, tide_error *err)
{
    for (size_t i = begin; i < row->decoder->specs.count; i++) {
        const char *ignored;
        TIDE_TRY(take_column(row, i, &ignored, err));
    }
    return TIDE_OK;
}

/* $source and $id or $position. */
static tide_code append_hidden(tide_json_row *row, const char **reason, tide_error *err)
{
    tide_json_decoder *decoder = row->decoder;
    tide_column_builder *hidden = row->builder->columns + decoder->specs.count;
    TIDE_TRY(tide_append_int32(&hidden[0], row->from->source, err));
    if (decoder->hidden == TIDE_HIDDEN_POSITION) {
        return tide_append_int64(&hidden[1], row->from->position, err);
    }
    tide_str id;
    TIDE_TRY(read_id(decoder, &id, err));
    if (id.data == NULL) {
        *reason = "the hit has no _id";
        return TIDE_OK;
    }
    return tide_append_str(&hidden[1], id, err);
}

/* The document may spell a path in several ways. */
static void settle(tide_json_row *row)
{
    tide_json_decoder *decoder = row->decoder;
    uint32_t root = row->is_hit ? decoder->walk.metas[TIDE_JSON_META_SOURCE] : 0;
    for (size_t i = 0; i < decoder->specs.count; i++) {
        const tide_column_spec *spec = &decoder->specs.specs[i];
        uint32_t *place = &decoder->walk.places[i];
        if (spec->origin != TIDE_FROM_PATH) {
            continue;
        }
        uint32_t settled =
            tide_json_settled_place(&decoder->walk, root, spec->path, decoder->takes_first[i]);
        /* Else it is a mark of something above the path that holds nothing of it. */
        *place = settled != 0 || (*place & TIDE_JSON_PLACE_MARKS) == 0 ? settled : *place;
    }
}

/* Objects and broken strings are missing where the column says so, also as the first of an array,
 * or anywhere in one that is taken whole; cells see to the rest. */
static tide_code forgive(tide_json_row *row, size_t i, const char **reason, tide_error *err)
{
    const tide_json_column *column = &row->decoder->columns[i];
    uint32_t place = row->decoder->walk.places[i];
    if (!column->spec->malformed_is_null || column->spec->origin != TIDE_FROM_PATH || place == 0 ||
        (place & TIDE_JSON_PLACE_MARKS) != 0 ||
        (tide_json_char(&row->decoder->walk.tokens, place) == '[' &&
         column->spec->array != TIDE_ARRAY_FIRST && !column->takes_raw)) {
        return TIDE_OK;
    }
    return tide_cell_append_missing(column->parser, &row->builder->columns[i], reason, err);
}

tide_code tide_json_finish_row(tide_json_row *row, tide_error *err)
{
    tide_json_decoder *decoder = row->decoder;
    const char *reason = NULL;
    if (row->is_hit && decoder->needs_source &&
        (decoder->walk.metas[TIDE_JSON_META_SOURCE] == 0 ||
         tide_json_char(&decoder->walk.tokens, decoder->walk.metas[TIDE_JSON_META_SOURCE]) !=
             '{')) {
        return reject_row(
            row, NULL, "the hit has no _source: is it switched off in the index's mapping?", err);
    }
    if (decoder->walk.contested) {
        settle(row);
    }
    for (size_t i = 0; i < decoder->specs.count; i++) {
        TIDE_TRY(take_column(row, i, &reason, err));
        if (reason != NULL) {
            TIDE_TRY(forgive(row, i, &reason, err));
        }
        if (reason != NULL) {
            TIDE_TRY(take_rest(row, i + 1, err));
            return reject_row(row, decoder->specs.specs[i].name, reason, err);
        }
    }
    TIDE_TRY(append_hidden(row, &reason, err));
    if (reason != NULL) {
        return reject_row(row, NULL, reason, err);
    }
    tide_builder_end_row(row->builder);
    return TIDE_OK;
}
