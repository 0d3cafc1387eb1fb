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

/* Lines are broken, and blanks stand, where the writer likes (MIME). */
static bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

/* Writes the bytes to out (room for 3/4 of the text). False when it is not base64: a foreign
 * character, a lone digit, or padding that does not fill the last four. Bits left over are dropped,
 * as a binary field does. */
static bool read_base64(tide_str text, char *out, size_t *size)
{
    uint32_t bits = 0;
    size_t digit_count = 0;
    size_t padding = 0;
    *size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        int digit = base64_digit(c);
        if (c == '=') {
            padding++;
        } else if (digit >= 0 && padding == 0) {
            size_t in_four = digit_count++ % 4;
            bits = bits << 6 | (uint32_t)digit;
            if (in_four > 0) {
                out[(*size)++] = (char)(bits >> (6 - 2 * in_four) & 0xFF);
            }
        } else if (!is_blank(c)) {
            return false;
        }
    }
    return digit_count % 4 != 1 &&
           (padding == 0 || (padding <= 2 && (digit_count + padding) % 4 == 0));
}

static tide_code text_to_bytes(tide_cell_parser *parser, tide_str text, tide_column_builder *column,
                               const char **reason, tide_error *err)
{
    tide_text_reset(&parser->scratch);
    if (!tide_text_reserve(&parser->scratch, text.size + 1)) {
        return TIDE_FAIL_MEMORY(err, "decoded bytes");
    }
    size_t size;
    if (!read_base64(text, parser->scratch.data, &size)) {
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
