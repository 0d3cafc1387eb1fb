/* SPDX-License-Identifier: Apache-2.0 */
/* Cells that are not numbers or times: bool, text, bytes, uuid, json. */
#include <string.h>
#include <strings.h>

#include "record/cell_types.h"
#include "record/json_text.h"
#include "record/uuid.h"

static bool is_word(tide_str text, const char *word)
{
    size_t size = strlen(word);
    return text.size == size && (size == 0 || strncasecmp(text.data, word, size) == 0);
}

static tide_code text_to_bool(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                              const char **reason, tide_error *err)
{
    if (is_word(text, "true") || is_word(text, "t")) {
        return tide_append_bool(column, true, err);
    }
    if (is_word(text, "false") || is_word(text, "f") || text.size == 0) {
        return tide_append_bool(column, false, err);
    }
    return tide_cell_refuse_type(parser, text, reason);
}

static tide_code text_to_text(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                              const char **reason, tide_error *err)
{
    if (text.size > 0 && memchr(text.data, 0, text.size) != NULL) {
        return tide_cell_refuse(parser, text,
                                "has the character U+0000, which PostgreSQL can't hold", reason);
    }
    return tide_append_str(column, text, err);
}

tide_code tide_cell_take_text(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                              const char **reason, tide_error *err)
{
    (void)parser;
    (void)reason;
    return tide_append_str(column, text, err);
}

static tide_code text_to_json(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                              const char **reason, tide_error *err)
{
    const char *refusal = tide_json_refusal(text);
    return refusal == NULL ? tide_append_str(column, text, err)
                           : tide_cell_refuse(parser, text, refusal, reason);
}

static tide_code text_to_uuid(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                              const char **reason, tide_error *err)
{
    uint8_t value[TIDE_UUID_BYTES];
    return tide_uuid_parse(text, value) ? tide_append_uuid(column, value, err)
                                        : tide_cell_refuse_type(parser, text, reason);
}

/* 0..63, or -1 */
static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static tide_str without_padding(tide_str text)
{
    if (text.size % 4 == 0) {
        for (int i = 0; i < 2 && text.size > 0 && text.data[text.size - 1] == '='; i++) {
            text.size--;
        }
    }
    return text;
}

/* Writes the bytes to out (room for 3/4 of the digits). False when it is not base64: a foreign
 * character or a lone digit. Bits left over are dropped, as a binary field does. */
static bool read_base64(tide_str digits, char *out, size_t *size)
{
    uint32_t bits = 0;
    int bit_count = 0;
    *size = 0;
    for (size_t i = 0; i < digits.size; i++) {
        int digit = base64_digit(digits.data[i]);
        if (digit < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)digit;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            out[(*size)++] = (char)(bits >> bit_count & 0xFF);
        }
    }
    return bit_count < 6;
}

static tide_code text_to_bytes(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                               const char **reason, tide_error *err)
{
    tide_str digits = without_padding(text);
    tide_text_reset(&parser->scratch);
    if (!tide_text_reserve(&parser->scratch, digits.size + 1)) {
        return TIDE_FAIL_MEMORY(err, "decoded bytes");
    }
    size_t size;
    if (!read_base64(digits, parser->scratch.data, &size)) {
        return tide_cell_refuse(parser, text, "is not base64", reason);
    }
    return tide_append_str(column, (tide_str){parser->scratch.data, size}, err);
}

const tide_cell_functions tide_cell_bool = {text_to_bool, tide_cell_refuse_any, text_to_bool,
                                            tide_cell_refuse_any};
const tide_cell_functions tide_cell_text = {text_to_text, tide_cell_take_text, tide_cell_take_text,
                                            tide_cell_take_text};
const tide_cell_functions tide_cell_json = {text_to_json, tide_cell_take_text, tide_cell_take_text,
                                            tide_cell_take_text};
const tide_cell_functions tide_cell_uuid = {text_to_uuid, tide_cell_refuse_any,
                                            tide_cell_refuse_any, tide_cell_refuse_any};
const tide_cell_functions tide_cell_bytes = {text_to_bytes, tide_cell_refuse_any,
                                             tide_cell_refuse_any, tide_cell_refuse_any};
